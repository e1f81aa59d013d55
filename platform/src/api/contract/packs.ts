/** Packs of detections: what is installed, what an upload would change, installing it, earlier revisions. */
import { z } from 'zod';
import { list, SeveritySchema, Time } from './common.ts';
import { DetectionDraftSchema } from './detection-drafts.ts';
import { defineRoutes } from './route.ts';

/** A zip of this many bytes in base64, and the rest. */
const ZIP_BYTES = 32 << 20;

/** A repository of git at a commit. */
export const PackOriginSchema = z
  .object({
    url: z.string(),
    /** Branch, tag or commit that was asked for; null: the default branch. */
    ref: z.string().nullable(),
    /** Within the repository; empty for all of it. */
    folder: z.string(),
    commit: z.string(),
  })
  .meta({ id: 'PackOrigin' });
export type PackOrigin = z.infer<typeof PackOriginSchema>;

export const PackSchema = z
  .object({
    name: z.string(),
    /** From 1; every change of the pack is a revision. */
    revision: z.int(),
    detections: z.int(),
    /** Of these: with fields that are overridden here. */
    overridden: z.int(),
    /** Of these: switched on or off here, in contrast to what the pack says. */
    switched: z.int(),
    /** Null: a folder or zip. */
    source: PackOriginSchema.nullable(),
    /** Comes with Panther, or is followed by its configuration: nothing but overrides can be done to it. */
    isFixed: z.boolean(),
    installedAt: Time,
    updatedAt: Time,
    updatedByName: z.string(),
    note: z.string(),
  })
  .meta({ id: 'Pack' });
export type Pack = z.infer<typeof PackSchema>;

export const PackItemSchema = z
  .object({
    id: z.string(),
    type: z.string(),
    displayName: z.string(),
    severity: SeveritySchema.nullable(),
    enabled: z.boolean(),
    isSwitched: z.boolean(),
    /** Fields of the specification that are overridden. */
    overridden: z.array(z.string()),
  })
  .meta({ id: 'PackItem' });
export type PackItem = z.infer<typeof PackItemSchema>;

export const PackDetailSchema = PackSchema.extend({ items: z.array(PackItemSchema) }).meta({ id: 'PackDetail' });
export type PackDetail = z.infer<typeof PackDetailSchema>;

/** Where content is to come from. */
export const PackContentSchema = z
  .discriminatedUnion('kind', [
    z.object({ kind: z.literal('zip'), base64: z.base64() }),
    z.object({
      kind: z.literal('git'),
      /** `https:` or `ssh:`. */
      url: z.string().min(1).max(2_000),
      ref: z.string().min(1).max(300).optional(),
      folder: z.string().max(1_000).optional(),
    }),
  ])
  .meta({ id: 'PackContent' });
export type PackContent = z.infer<typeof PackContentSchema>;

export const PackProblemSchema = z
  .object({
    severity: z.enum(['error', 'warning']),
    /** Within the content. */
    file: z.string(),
    /** From 1. */
    line: z.int(),
    field: z.string(),
    message: z.string(),
  })
  .meta({ id: 'PackProblem' });
export type PackProblem = z.infer<typeof PackProblemSchema>;

export const PackChangeSchema = z
  .object({
    id: z.string(),
    type: z.string(),
    /** `keep`: it differs, and is not the pack's: `owner` says whose. */
    action: z.enum(['add', 'change', 'remove', 'keep']),
    /** Keys of the specification that differ, then `code`. */
    fields: z.array(z.string()),
    /** `user:<id>`, `pack:<name>` …; null: the pack's own. */
    owner: z.string().nullable(),
    /** Fields that change and are overridden here: what is here stays. Null: the field is absent. */
    conflicts: z.array(z.object({ field: z.string(), here: z.unknown(), pack: z.unknown() })),
    /** The pack's content as it is installed, and as it would be. */
    before: DetectionDraftSchema.nullable(),
    after: DetectionDraftSchema.nullable(),
  })
  .meta({ id: 'PackChange' });
export type PackChange = z.infer<typeof PackChangeSchema>;

export const PackPlanSchema = z
  .object({
    name: z.string(),
    /** What the plan was made for; 0: the pack is new. */
    revision: z.int(),
    /** Ordered by id. */
    changes: z.array(PackChangeSchema),
    unchanged: z.int(),
    /** Detections that stay switched as they are here, in contrast to the pack. */
    switched: z.array(z.string()),
    /** Detections with fields that stay overridden here. */
    overridden: z.array(z.object({ id: z.string(), fields: z.array(z.string()) })),
    problems: z.array(PackProblemSchema),
    /** Of git: pass it as `ref` to install just this. */
    commit: z.string().nullable(),
  })
  .meta({ id: 'PackPlan' });
export type PackPlan = z.infer<typeof PackPlanSchema>;

export const PackResultSchema = z
  .object({
    revision: z.int(),
    added: z.int(),
    changed: z.int(),
    removed: z.int(),
    problems: z.array(PackProblemSchema),
  })
  .meta({ id: 'PackResult' });
export type PackResult = z.infer<typeof PackResultSchema>;

export const PackRevisionSchema = z
  .object({
    revision: z.int(),
    at: Time,
    by: z.string(),
    byName: z.string(),
    note: z.string(),
    source: PackOriginSchema.nullable(),
    detections: z.int(),
    added: z.array(z.string()),
    changed: z.array(z.string()),
    removed: z.array(z.string()),
  })
  .meta({ id: 'PackRevision' });
export type PackRevision = z.infer<typeof PackRevisionSchema>;

const PackParams = z.object({
  name: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/, 'a name has letters, digits, . _ - and at most 100 of them'),
});
const Note = z.string().max(2_000).default('');
/** Of the plan that was looked at; the pack has changed meanwhile: 409. */
const ExpectedRevision = z.int().min(0);

export const packRoutes = defineRoutes({
  listPacks: {
    method: 'GET',
    path: '/packs',
    summary: 'List packs of detections',
    role: 'read-only',
    response: list(PackSchema),
  },
  getPack: {
    method: 'GET',
    path: '/packs/:name',
    summary: 'Get a pack with its detections',
    role: 'read-only',
    params: PackParams,
    response: PackDetailSchema,
  },
  previewPack: {
    method: 'POST',
    path: '/packs/:name/preview',
    summary: 'Check content, and show what installing it as the pack would change',
    role: 'analyst',
    params: PackParams,
    body: z.object({ content: PackContentSchema }),
    response: PackPlanSchema,
    limits: { perMinute: 30, bodyBytes: ZIP_BYTES },
    audit: 'pack.preview',
  },
  installPack: {
    method: 'PUT',
    path: '/packs/:name',
    summary: 'Install or update a pack',
    role: 'analyst',
    params: PackParams,
    body: z.object({
      content: PackContentSchema,
      expectedRevision: ExpectedRevision,
      note: Note,
      /** Install what is without errors, and remove nothing; else one error and nothing is installed. */
      isPartial: z.boolean().default(false),
    }),
    response: PackResultSchema,
    limits: { perMinute: 30, bodyBytes: ZIP_BYTES },
    audit: 'pack.install',
  },
  listPackRevisions: {
    method: 'GET',
    path: '/packs/:name/revisions',
    summary: 'List the revisions of a pack, newest first',
    role: 'read-only',
    params: PackParams,
    response: list(PackRevisionSchema),
  },
  previewPackRollBack: {
    method: 'POST',
    path: '/packs/:name/roll-back/preview',
    summary: 'Show what going back to a revision would change',
    role: 'analyst',
    params: PackParams,
    body: z.object({ revision: z.int().min(1) }),
    response: PackPlanSchema,
    audit: 'pack.preview',
  },
  rollBackPack: {
    method: 'POST',
    path: '/packs/:name/roll-back',
    summary: 'Make a pack what it was at a revision',
    role: 'analyst',
    params: PackParams,
    body: z.object({ revision: z.int().min(1), expectedRevision: ExpectedRevision, note: Note }),
    response: PackResultSchema,
    audit: 'pack.roll-back',
  },
  uninstallPack: {
    method: 'DELETE',
    path: '/packs/:name',
    summary: 'Remove a pack and its detections; what users have edited stays, and so does its history',
    role: 'analyst',
    params: PackParams,
    response: 'none',
    audit: 'pack.uninstall',
  },
});
