//! What is asked for.

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

/// How many requests a batch has.
pub const BATCH: u32 = 50;

/// A kind of request that is sent again and again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Workload {
    /// GET of a small record.
    Get,
    /// The same while 100 other requests wait.
    GetBeside100,
    /// The same while 500 wait.
    GetBeside500,
    /// The same over one connection.
    GetAlone,
    /// The same where Redis is on another machine.
    GetElsewhere,
    /// PUT of a small record.
    Put,
    /// PUT of a small record below seven segments, while nobody follows anything.
    PutUnfollowed,
    /// The same while a request waits for another record.
    PutFollowedElsewhere,
    /// The same while all eight prefixes above it are followed, the record itself is, and a request waits for
    /// another record.
    PutFollowed,
    /// GET of a record of 100 KiB.
    Large,
    /// GET of a small record that the client has already: a 304.
    NotModified,
    /// A page of a listing, out of a thousand records.
    ListFew,
    /// The same with the records' values.
    ListValues,
    /// A page of a listing, out of a million records.
    ListMany,
    /// A batch of GETs of small records.
    BatchGet,
    /// A batch of PUTs of small records.
    BatchPut,
}

impl Workload {
    /// All of them, in the order that they are measured in.
    pub const ALL: [Self; 16] = [
        Self::Get,
        Self::GetBeside100,
        Self::GetBeside500,
        Self::GetAlone,
        Self::GetElsewhere,
        Self::Put,
        Self::PutUnfollowed,
        Self::PutFollowedElsewhere,
        Self::PutFollowed,
        Self::Large,
        Self::NotModified,
        Self::ListFew,
        Self::ListValues,
        Self::ListMany,
        Self::BatchGet,
        Self::BatchPut,
    ];

    /// What does at once what many requests do otherwise, or more of it, and what that is compared with.
    pub const AT_ONCE: [(Self, Self); 3] = [
        (Self::BatchGet, Self::Get),
        (Self::BatchPut, Self::Put),
        (Self::ListValues, Self::ListFew),
    ];

    /// What goes on while others wait, and the same while nobody does.
    pub const BESIDE: [(Self, Self); 4] = [
        (Self::GetBeside100, Self::Get),
        (Self::GetBeside500, Self::Get),
        (Self::PutFollowedElsewhere, Self::PutUnfollowed),
        (Self::PutFollowed, Self::PutUnfollowed),
    ];

    /// Those that `WORKLOADS` names, with commas between, or all.
    pub fn of_environment() -> Result<Vec<Self>> {
        let Ok(names) = std::env::var("WORKLOADS") else { return Ok(Self::ALL.to_vec()) };
        let known =
            |name: &str| -> serde_json::Result<Self> { serde_json::from_value(name.into()) };
        let named = names.split(',').map(known).collect::<serde_json::Result<Vec<_>>>();
        named.with_context(|| format!("WORKLOADS={names}"))
    }

    /// For headings.
    pub fn title(self) -> &'static str {
        match self {
            Self::Get => "GET of a small record",
            Self::GetBeside100 => "GET of a small record while 100 wait",
            Self::GetBeside500 => "GET of a small record while 500 wait",
            Self::GetAlone => "GET of a small record, one client",
            Self::GetElsewhere => "GET of a small record, Redis on another machine",
            Self::Put => "PUT of a small record",
            Self::PutUnfollowed => "PUT below seven segments, nobody follows",
            Self::PutFollowedElsewhere => "PUT while another record is waited for",
            Self::PutFollowed => "PUT while it and eight prefixes are followed",
            Self::Large => "GET of a record of 100 KiB",
            Self::NotModified => "Conditional GET of a small record (304)",
            Self::ListFew => "A listing's page of 100, out of 1,000 records",
            Self::ListValues => "A listing's page of 100 with their values",
            Self::ListMany => "A listing's page of 100, out of 1,000,000 records",
            Self::BatchGet => "A batch of 50 GETs of small records",
            Self::BatchPut => "A batch of 50 PUTs of small records",
        }
    }

    /// How many requests a request stands for.
    pub fn requests(self) -> u32 {
        match self {
            Self::BatchGet | Self::BatchPut => BATCH,
            _ => 1,
        }
    }

    /// How many other requests wait meanwhile.
    pub fn waiting(self) -> usize {
        match self {
            Self::GetBeside100 => 100,
            Self::GetBeside500 => 500,
            Self::PutFollowedElsewhere | Self::PutFollowed => 1,
            _ => 0,
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
