/** What the editor asks Panther. */
import type { DraftCheck } from '@panther/platform/contract';
import { keepPreviousData, type UseQueryResult, useQuery } from '@tanstack/react-query';
import { call } from '../../api/client.ts';
import { useCommand } from '../../api/hooks.ts';
import type { Draft } from './draft.ts';

/** What is wrong with a draft; while another one is checked, the answer before stays. */
export function useDraftCheck(draft: Draft): UseQueryResult<DraftCheck> {
  return useQuery({
    queryKey: ['POST /detection-drafts/check', draft],
    queryFn: ({ signal }) => call('POST /detection-drafts/check', { body: draft }, signal),
    placeholderData: keepPreviousData,
    staleTime: 60_000,
    gcTime: 60_000,
  });
}

export function useDraftTests() {
  return useCommand('POST /detection-drafts/test', { announceFailure: false });
}

export function useRunOnEvent() {
  return useCommand('POST /detection-drafts/run-on-event', { announceFailure: false });
}

export function useSaveDraft() {
  return useCommand('PUT /detections/:id', {
    invalidates: [
      'GET /detections',
      'GET /detections/:id',
      'GET /detections/:id/source',
      'GET /detections/:id/versions',
      'GET /overview',
    ],
    done: ({ id }) => `${id} is saved.`,
    announceFailure: false,
  });
}
