/** What `app/` gives to commands, so that no command chooses an adapter. Every function loads its code on first use. */

export interface Services {
  /** Version of this Panther. */
  readonly version: string;
  /** Folder of the content that comes with this Panther (`log-types`, `detections`, …). */
  readonly contentDir: string;
}
