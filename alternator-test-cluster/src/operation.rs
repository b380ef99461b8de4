//! The operations of Alternator.

/// An operation that Alternator supports.
///
/// The engine supports more (`Transact…`, PartiQL), which the cluster rejects as Alternator does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    BatchGetItem,
    BatchWriteItem,
    CreateTable,
    DeleteItem,
    DeleteTable,
    DescribeContinuousBackups,
    DescribeEndpoints,
    DescribeStream,
    DescribeTable,
    DescribeTimeToLive,
    GetItem,
    GetRecords,
    GetShardIterator,
    ListStreams,
    ListTables,
    ListTagsOfResource,
    PutItem,
    Query,
    Scan,
    TagResource,
    UntagResource,
    UpdateItem,
    UpdateTable,
    UpdateTimeToLive,
}

impl Operation {
    /// Returns whether requests contain keys: of one partition, or of several in a batch.
    pub(crate) const fn has_keys(self) -> bool {
        matches!(
            self,
            Self::DeleteItem | Self::GetItem | Self::PutItem | Self::Query | Self::UpdateItem
        ) || self.is_batch()
    }

    /// Returns whether the operation is a batch of items.
    pub(crate) const fn is_batch(self) -> bool {
        matches!(self, Self::BatchGetItem | Self::BatchWriteItem)
    }

    /// Returns the operation with this name. Names are case-sensitive.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "BatchGetItem" => Self::BatchGetItem,
            "BatchWriteItem" => Self::BatchWriteItem,
            "CreateTable" => Self::CreateTable,
            "DeleteItem" => Self::DeleteItem,
            "DeleteTable" => Self::DeleteTable,
            "DescribeContinuousBackups" => Self::DescribeContinuousBackups,
            "DescribeEndpoints" => Self::DescribeEndpoints,
            "DescribeStream" => Self::DescribeStream,
            "DescribeTable" => Self::DescribeTable,
            "DescribeTimeToLive" => Self::DescribeTimeToLive,
            "GetItem" => Self::GetItem,
            "GetRecords" => Self::GetRecords,
            "GetShardIterator" => Self::GetShardIterator,
            "ListStreams" => Self::ListStreams,
            "ListTables" => Self::ListTables,
            "ListTagsOfResource" => Self::ListTagsOfResource,
            "PutItem" => Self::PutItem,
            "Query" => Self::Query,
            "Scan" => Self::Scan,
            "TagResource" => Self::TagResource,
            "UntagResource" => Self::UntagResource,
            "UpdateItem" => Self::UpdateItem,
            "UpdateTable" => Self::UpdateTable,
            "UpdateTimeToLive" => Self::UpdateTimeToLive,
            _ => return None,
        })
    }
}
