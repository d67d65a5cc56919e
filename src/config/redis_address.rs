//! Where Redis is, and how to get in.

use std::{num::NonZeroU16, ops::Range, sync::Arc};

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::record::whole_number;

/// `redis_address`, taken apart.
pub struct Server {
    scheme: String,
    authority: String,
}

impl Server {
    /// Checks a `host:port`.
    fn authority(text: &str) -> Option<&str> {
        let (host, port) = text.rsplit_once(':')?;
        let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
        let valid_host = if let Some(address) = bare {
            address.parse::<std::net::Ipv6Addr>().is_ok()
        } else {
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
            !host.is_empty() && host.bytes().all(plain)
        };
        (valid_host && whole_number::<NonZeroU16>(port).is_some()).then_some(text)
    }

    /// Reads what the variable says.
    pub fn parse(text: &str) -> Result<Self, String> {
        let parsed = || {
            let (scheme, authority) = text.split_once("://")?;
            let authority = Self::authority(authority)?;
            let valid = matches!(scheme, "redis" | "rediss");
            valid.then(|| Self { scheme: scheme.to_owned(), authority: authority.to_owned() })
        };
        parsed().ok_or_else(|| {
            "it must be `redis://HOST:PORT` or `rediss://HOST:PORT`; user, password and database \
             have variables of their own"
                .to_owned()
        })
    }
}

/// Where Redis is and how to get in, as the URL that Redis clients open. Its `Debug` form hides it,
/// because there is a password in it.
#[derive(Clone, PartialEq, Eq)]
pub struct RedisAddress {
    url: Arc<str>,
    authority: Range<usize>,
}

impl RedisAddress {
    /// The URL of a server, with credentials and a database.
    pub(super) fn new(server: &Server, username: &str, password: &str, database: u32) -> Self {
        let Server { scheme, authority } = server;
        let encode = |text| utf8_percent_encode(text, NON_ALPHANUMERIC);
        let credentials = if username.is_empty() && password.is_empty() {
            String::new()
        } else {
            format!("{}:{}@", encode(username), encode(password))
        };
        let before = format!("{scheme}://{credentials}");
        let url = format!("{before}{authority}/{database}").into();
        Self { authority: before.len()..before.len() + authority.len(), url }
    }

    /// The same at another node, as Redis names it in a redirection: `host:port`. An IPv6 address may have no
    /// brackets there, and a host that isn't named is this one's. `None`: that is no node.
    #[must_use]
    pub fn at(&self, node: &str) -> Option<Self> {
        let (before, rest) = self.url.split_at_checked(self.authority.start)?;
        let (authority, after) = rest.split_at_checked(self.authority.len())?;
        let (own_host, _) = authority.rsplit_once(':')?;
        let (host, port) = node.rsplit_once(':')?;
        let host = match host {
            "" => own_host.to_owned(),
            host if host.contains(':') && !host.starts_with('[') => format!("[{host}]"),
            host => host.to_owned(),
        };
        let node = format!("{host}:{port}");
        let authority = Server::authority(&node)?;
        let url = format!("{before}{authority}{after}").into();
        Some(Self { authority: before.len()..before.len() + authority.len(), url })
    }

    /// The URL, credentials and all.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.url
    }
}

impl std::fmt::Debug for RedisAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RedisAddress")
    }
}
