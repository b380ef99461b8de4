//! The inputs of the SDK's operations, which have no trait of their own in common.

use crate::install::sealed::Sealed;
use std::fmt;

/// The input of an operation of the SDK. Implemented for all of `aws_sdk_dynamodb`, and with the feature `streams` for
/// those of `aws_sdk_dynamodbstreams`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not the input of an operation",
    note = "pass a built input, as of `GetItemInput::builder()..build()?`; that of a fluent builder is \
            `operation.as_input().clone().build()?`"
)]
pub trait OperationInput: Sealed + Clone + fmt::Debug + Send + Sync + 'static {}

macro_rules! implement {
    ($service:ident: $($module:ident::$input:ident,)*) => {
        $(
            impl Sealed for $service::operation::$module::$input {}
            impl OperationInput for $service::operation::$module::$input {}
        )*
    };
}

implement! {
    aws_sdk_dynamodb:
        batch_execute_statement::BatchExecuteStatementInput,
        batch_get_item::BatchGetItemInput,
        batch_write_item::BatchWriteItemInput,
        create_backup::CreateBackupInput,
        create_global_table::CreateGlobalTableInput,
        create_table::CreateTableInput,
        delete_backup::DeleteBackupInput,
        delete_item::DeleteItemInput,
        delete_resource_policy::DeleteResourcePolicyInput,
        delete_table::DeleteTableInput,
        describe_backup::DescribeBackupInput,
        describe_continuous_backups::DescribeContinuousBackupsInput,
        describe_contributor_insights::DescribeContributorInsightsInput,
        describe_endpoints::DescribeEndpointsInput,
        describe_export::DescribeExportInput,
        describe_global_table::DescribeGlobalTableInput,
        describe_global_table_settings::DescribeGlobalTableSettingsInput,
        describe_import::DescribeImportInput,
        describe_kinesis_streaming_destination::DescribeKinesisStreamingDestinationInput,
        describe_limits::DescribeLimitsInput,
        describe_table::DescribeTableInput,
        describe_table_replica_auto_scaling::DescribeTableReplicaAutoScalingInput,
        describe_time_to_live::DescribeTimeToLiveInput,
        disable_kinesis_streaming_destination::DisableKinesisStreamingDestinationInput,
        enable_kinesis_streaming_destination::EnableKinesisStreamingDestinationInput,
        execute_statement::ExecuteStatementInput,
        execute_transaction::ExecuteTransactionInput,
        export_table_to_point_in_time::ExportTableToPointInTimeInput,
        get_item::GetItemInput,
        get_resource_policy::GetResourcePolicyInput,
        import_table::ImportTableInput,
        list_backups::ListBackupsInput,
        list_contributor_insights::ListContributorInsightsInput,
        list_exports::ListExportsInput,
        list_global_tables::ListGlobalTablesInput,
        list_imports::ListImportsInput,
        list_tables::ListTablesInput,
        list_tags_of_resource::ListTagsOfResourceInput,
        put_item::PutItemInput,
        put_resource_policy::PutResourcePolicyInput,
        query::QueryInput,
        restore_table_from_backup::RestoreTableFromBackupInput,
        restore_table_to_point_in_time::RestoreTableToPointInTimeInput,
        scan::ScanInput,
        search_vectors::SearchVectorsInput,
        tag_resource::TagResourceInput,
        transact_get_items::TransactGetItemsInput,
        transact_write_items::TransactWriteItemsInput,
        untag_resource::UntagResourceInput,
        update_continuous_backups::UpdateContinuousBackupsInput,
        update_contributor_insights::UpdateContributorInsightsInput,
        update_global_table::UpdateGlobalTableInput,
        update_global_table_settings::UpdateGlobalTableSettingsInput,
        update_item::UpdateItemInput,
        update_kinesis_streaming_destination::UpdateKinesisStreamingDestinationInput,
        update_table::UpdateTableInput,
        update_table_replica_auto_scaling::UpdateTableReplicaAutoScalingInput,
        update_time_to_live::UpdateTimeToLiveInput,
}

#[cfg(feature = "streams")]
implement! {
    aws_sdk_dynamodbstreams:
        describe_stream::DescribeStreamInput,
        get_records::GetRecordsInput,
        get_shard_iterator::GetShardIteratorInput,
        list_streams::ListStreamsInput,
}
