import { nodesOfKind, optionNames, type TreeNode } from './syntaxTree.ts'

const isTrue = (value: unknown) => value === true

/** True for what PostgreSQL refuses within a transaction block, as far as the text tells (a partitioned table to be reindexed or clustered doesn't show). */
export function runsOutsideTransaction(name: string, fields: TreeNode): boolean {
  switch (name) {
    case 'VacuumStmt':
      return isTrue(fields['is_vacuumcmd'])
    case 'IndexStmt':
    case 'DropStmt':
      return isTrue(fields['concurrent'])
    case 'ReindexStmt':
      return (
        optionNames(fields['params']).includes('concurrently') ||
        ['REINDEX_OBJECT_SCHEMA', 'REINDEX_OBJECT_SYSTEM', 'REINDEX_OBJECT_DATABASE'].includes(
          String(fields['kind']),
        )
      )
    case 'ClusterStmt':
      return !fields['relation']
    case 'AlterTableStmt':
      return [...nodesOfKind(fields, 'PartitionCmd')].some((command) => isTrue(command['concurrent']))
    case 'AlterDatabaseStmt':
      return optionNames(fields['options']).includes('tablespace')
    case 'AlterSubscriptionStmt':
      return /REFRESH|PUBLICATION/.test(String(fields['kind']))
    case 'CreatedbStmt':
    case 'DropdbStmt':
    case 'CreateTableSpaceStmt':
    case 'DropTableSpaceStmt':
    case 'AlterSystemStmt':
    case 'CreateSubscriptionStmt':
    case 'DropSubscriptionStmt':
      return true
    default:
      return false
  }
}
