//! What is asked for.

use serde::Serialize;

/// A kind of request that is sent again and again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Workload {
    /// GET of a small record.
    Get,
    /// The same over one connection.
    GetAlone,
    /// The same where Redis is on another machine.
    GetElsewhere,
    /// PUT of a small record.
    Put,
    /// GET of a record of 100 KiB.
    Large,
    /// GET of a small record that the client has already: a 304.
    NotModified,
    /// A page of a listing, out of a thousand records.
    ListFew,
    /// A page of a listing, out of a million records.
    ListMany,
}

impl Workload {
    /// All of them, in the order that they are measured in.
    pub const ALL: [Self; 8] = [
        Self::Get,
        Self::GetAlone,
        Self::GetElsewhere,
        Self::Put,
        Self::Large,
        Self::NotModified,
        Self::ListFew,
        Self::ListMany,
    ];

    /// For headings.
    pub fn title(self) -> &'static str {
        match self {
            Self::Get => "GET of a small record",
            Self::GetAlone => "GET of a small record, one client",
            Self::GetElsewhere => "GET of a small record, Redis on another machine",
            Self::Put => "PUT of a small record",
            Self::Large => "GET of a record of 100 KiB",
            Self::NotModified => "Conditional GET of a small record (304)",
            Self::ListFew => "A listing's page of 100, out of 1,000 records",
            Self::ListMany => "A listing's page of 100, out of 1,000,000 records",
        }
    }

    /// How many connections are kept busy.
    pub fn connections(self) -> u32 {
        match self {
            Self::GetAlone => 1,
            _ => 32,
        }
    }

    /// How many times longer than others it is asked for. Sockets that pile up, as they do between machines,
    /// are no trouble in the first seconds.
    pub fn patience(self) -> u32 {
        match self {
            Self::GetElsewhere => 5,
            _ => 1,
        }
    }

    /// The status that the answer has to have. A PUT's record is there after the first.
    pub fn status(self) -> u16 {
        match self {
            Self::NotModified => 304,
            _ => 200,
        }
    }
}
