/** Destinations of alerts. */
import { z } from 'zod';
import { AlertTypeSchema, ConfigSchema, IdParams, list, Name, SeveritySchema, Time, UnitTypeSchema } from './common.ts';
import { defineRoutes } from './route.ts';

export const DestinationSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    type: z.string(),
    /** Without secrets. */
    config: ConfigSchema,
    /** Names of the secret fields that have a value. */
    secretsSet: z.array(z.string()),
    /** Severities it receives by default. */
    severities: z.array(SeveritySchema),
    alertTypes: z.array(AlertTypeSchema),
    enabled: z.boolean(),
    createdAt: Time,
    updatedAt: Time,
    /** Deliveries of the last 24 hours. */
    last24Hours: z.object({ delivered: z.int(), failed: z.int() }),
  })
  .meta({ id: 'Destination' });
export type Destination = z.infer<typeof DestinationSchema>;

export const DeliveryResultSchema = z
  .object({ success: z.boolean(), statusCode: z.int(), message: z.string(), durationMs: z.number() })
  .meta({ id: 'DeliveryResult' });
export type DeliveryResult = z.infer<typeof DeliveryResultSchema>;

export const destinationRoutes = defineRoutes({
  listDestinationTypes: {
    method: 'GET',
    path: '/destination-types',
    summary: 'List the types of destinations with the forms to configure them',
    role: 'read-only',
    response: list(UnitTypeSchema),
  },
  listDestinations: {
    method: 'GET',
    path: '/destinations',
    summary: 'List destinations',
    role: 'read-only',
    response: list(DestinationSchema),
  },
  createDestination: {
    method: 'POST',
    path: '/destinations',
    summary: 'Add a destination',
    role: 'admin',
    body: z.object({
      name: Name,
      type: z.string().min(1).max(100),
      config: ConfigSchema,
      severities: z.array(SeveritySchema).max(5).optional(),
      /** All types unless given. */
      alertTypes: z.array(AlertTypeSchema).max(3).optional(),
      enabled: z.boolean().optional(),
    }),
    response: DestinationSchema,
    status: 201,
    audit: 'destination.create',
  },
  getDestination: {
    method: 'GET',
    path: '/destinations/:id',
    summary: 'Get a destination',
    role: 'read-only',
    params: IdParams,
    response: DestinationSchema,
  },
  updateDestination: {
    method: 'PATCH',
    path: '/destinations/:id',
    summary: 'Change a destination, disable or enable it',
    role: 'admin',
    params: IdParams,
    body: z.object({
      name: Name.optional(),
      /** Replaces the configuration; secret fields left out or empty keep their value. */
      config: ConfigSchema.optional(),
      severities: z.array(SeveritySchema).max(5).optional(),
      alertTypes: z.array(AlertTypeSchema).max(3).optional(),
      enabled: z.boolean().optional(),
    }),
    response: DestinationSchema,
    audit: 'destination.update',
  },
  deleteDestination: {
    method: 'DELETE',
    path: '/destinations/:id',
    summary: 'Delete a destination',
    role: 'admin',
    params: IdParams,
    response: 'none',
    audit: 'destination.delete',
  },
  testDestination: {
    method: 'POST',
    path: '/destinations/:id/test',
    summary: 'Send a test alert to a destination',
    role: 'admin',
    params: IdParams,
    response: DeliveryResultSchema,
    limits: { perMinute: 30 },
    audit: 'destination.test',
  },
});
