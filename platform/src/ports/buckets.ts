/** Buckets of the object store. */
export const BUCKETS = {
  /** What push sources received, until it is processed. */
  inputData: 'panther-input-data',
  /** The lake. */
  processedData: 'panther-processed-data',
  /** Records that were kept instead of stored. */
  quarantine: 'panther-quarantine',
  /** Data of lookup tables. */
  lookups: 'panther-lookups',
} as const;
