import type {
  KnowledgeFieldsFragment,
  RecordKnowledgeInput,
  SearchKnowledgeQueryVariables,
} from './generated/operations.ts';
import * as operations from './generated/operations.ts';
import { type Page, pageOf } from './page.ts';
import type { Request, RequestOptions } from './request.ts';

export type KnowledgeEntry = KnowledgeFieldsFragment;

/** Verbs on what agents have learnt. */
export function knowledgeVerbs(request: Request) {
  return {
    /** Writes down what others should know. */
    async record(input: RecordKnowledgeInput, options?: RequestOptions): Promise<KnowledgeEntry> {
      return (await request(operations.RecordKnowledge, { input }, options)).recordKnowledge.entry;
    },
    /** A page of what is known: 20 unless `first` says more, at most 200. */
    async search(query: SearchKnowledgeQueryVariables = {}, options?: RequestOptions): Promise<Page<KnowledgeEntry>> {
      return pageOf((await request(operations.SearchKnowledge, query, options)).knowledgeEntries);
    },
  };
}
