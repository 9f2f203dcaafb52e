"""Kinds of statements that do no harm, and kinds that cannot be checked."""

from __future__ import annotations

HARMLESS = frozenset(
    {
        "AlterCollationStmt",
        "AlterDefaultPrivilegesStmt",
        "AlterEventTrigStmt",
        "AlterExtensionContentsStmt",
        "AlterFdwStmt",
        "AlterForeignServerStmt",
        "AlterFunctionStmt",
        "AlterObjectDependsStmt",
        "AlterOpFamilyStmt",
        "AlterOperatorStmt",
        "AlterOwnerStmt",
        "AlterRoleStmt",
        "AlterStatsStmt",
        "AlterTSConfigurationStmt",
        "AlterTSDictionaryStmt",
        "AlterTableSpaceOptionsStmt",
        "AlterTypeStmt",
        "AlterUserMappingStmt",
        "CommentStmt",
        "CreateAmStmt",
        "CreateCastStmt",
        "CreateConversionStmt",
        "CreateExtensionStmt",
        "CreateFdwStmt",
        "CreateForeignServerStmt",
        "CreateFunctionStmt",
        "CreateOpClassStmt",
        "CreateOpFamilyStmt",
        "CreatePLangStmt",
        "CreatePublicationStmt",
        "CreateRoleStmt",
        "CreateSchemaStmt",
        "CreateSeqStmt",
        "CreateStatsStmt",
        "CreateTableSpaceStmt",
        "CreateTransformStmt",
        "CreateUserMappingStmt",
        "CreatedbStmt",
        "DefineStmt",
        "DropRoleStmt",
        "DropTableSpaceStmt",
        "DropUserMappingStmt",
        "GrantRoleStmt",
        "GrantStmt",
        "ImportForeignSchemaStmt",
        "ReassignOwnedStmt",
        "SecLabelStmt",
        "ViewStmt",
    }
)
"""Statements that block no reads or writes of the application's tables.

Some take SHARE UPDATE EXCLUSIVE: COMMENT, CREATE STATISTICS, CREATE PUBLICATION.
CREATE OR REPLACE VIEW takes ACCESS EXCLUSIVE on the view, for a moment.
"""

PASSING = frozenset(
    {
        "CheckPointStmt",
        "ClosePortalStmt",
        "ConstraintsSetStmt",
        "DeallocateStmt",
        "DeclareCursorStmt",
        "DiscardStmt",
        "FetchStmt",
        "ListenStmt",
        "LoadStmt",
        "NotifyStmt",
        "PrepareStmt",
        "UnlistenStmt",
        "VariableShowStmt",
    }
)
"""Statements whose effect ends with the session."""

UNREAD = {
    "AlterDatabaseRefreshCollStmt": "it affects a whole database",
    "AlterDatabaseStmt": "it affects a whole database",
    "AlterExtensionStmt": "only the extension knows what its update does",
    "AlterPublicationStmt": "its effect depends on the replication setup",
    "AlterSubscriptionStmt": "its effect depends on the replication setup",
    "AlterTableMoveAllStmt": "only a server knows which tables a tablespace has",
    "CallStmt": "its effect is in the body of the procedure",
    "CreateEventTrigStmt": "an event trigger runs with each later change",
    "CreateSubscriptionStmt": "its effect depends on the replication setup",
    "DropOwnedStmt": "only a server knows what a role owns",
    "DropSubscriptionStmt": "its effect depends on the replication setup",
    "DropdbStmt": "it affects a whole database",
    "ExecuteStmt": "the text of the prepared statement is unknown",
    "RuleStmt": "a rule changes what the queries of a table do",
}
"""Statements that only a person can judge, with the reasons."""
