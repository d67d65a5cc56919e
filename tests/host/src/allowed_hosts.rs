//! `allowed_outbound_hosts`: where a component may connect to.

use std::net::IpAddr;
use std::ops::Range;

use anyhow::{Context, Result, bail, ensure};
use ip_network::IpNetwork;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use url::{Host, Url};

/// The entries of `allowed_outbound_hosts`, without templates.
#[derive(Debug, Default)]
pub struct AllowedHosts(Vec<AllowedHost>);

/// One entry: `scheme://host:port`.
#[derive(Debug)]
struct AllowedHost {
    /// None: any.
    scheme: Option<String>,
    host: HostPattern,
    port: PortPattern,
}

#[derive(Debug)]
enum HostPattern {
    Any,
    /// `*.example.com`, kept as `.example.com`.
    Subdomain(String),
    Literal(Host),
    Network(IpNetwork),
    /// `self`: the application, which only HTTP requests can reach.
    Itself,
}

#[derive(Debug)]
enum PortPattern {
    Any,
    One(u16),
    Range(Range<u16>),
}

impl AllowedHosts {
    /// Parses the entries; an empty one, which an empty variable makes, allows
    /// nothing.
    pub fn parse<'a>(entries: impl IntoIterator<Item = &'a str>) -> Result<Self> {
        entries
            .into_iter()
            .filter(|entry| !matches!(*entry, "" | "http://" | "https://"))
            .map(AllowedHost::parse)
            .collect::<Result<_>>()
            .map(Self)
    }

    /// Whether the component may connect to the Redis server at `address`. If
    /// not, says on standard error what would allow it.
    pub fn allow_redis(&self, address: &str) -> bool {
        let Ok(url) = parse_address(address) else {
            eprintln!("A component tried to connect to an address that isn't a URL.");
            return false;
        };
        let allowed = self.0.iter().any(|entry| entry.allows(&url));
        if !allowed {
            let host = url.host_str().unwrap_or_default();
            let port = url.port().map(|port| format!(":{port}"));
            hint(&format!("{}://{host}{}", url.scheme(), port.unwrap_or_default()));
        }
        allowed
    }
}

/// Says on standard error how `destination` could be allowed.
pub fn hint(destination: &str) {
    eprintln!(
        "A component tried to make an outbound network connection to disallowed destination \
         '{destination}'.\nTo allow this request, add 'allowed_outbound_hosts = \
         [\"{destination}\"]' to the manifest component section."
    );
}

/// Reads an address as a URL, whatever characters the user and the password
/// consist of. Without a scheme it is one of Redis.
fn parse_address(address: &str) -> Result<Url> {
    let mut text = address.to_owned();
    if let Some(at) = text.find('@') {
        let start = text.find("://").map_or(0, |scheme| scheme + 3);
        if let Some(userinfo) = text.get(start..at).filter(|part| !part.contains(['/', '?', '#'])) {
            let encoded = utf8_percent_encode(userinfo, NON_ALPHANUMERIC).to_string();
            text.replace_range(start..at, &encoded);
        }
    }
    let url = match Url::parse(&text) {
        Ok(url) if url.has_host() => url,
        _ => Url::parse(&format!("redis://{text}"))?,
    };
    ensure!(url.has_host(), "the address has no host");
    Ok(url)
}

impl AllowedHost {
    fn parse(entry: &str) -> Result<Self> {
        let entry = entry.trim();
        let (scheme, rest) = entry.split_once("://").with_context(|| {
            format!("{entry:?} does not contain a scheme (e.g., 'http://' or '*://')")
        })?;
        let (host, port) = match rest.rsplit_once(':') {
            // The colons of an IPv6 address, or of a network of them, separate no port.
            Some((host, port)) if HostPattern::parse(rest).is_err() => {
                let (port, path) = port.split_once('/').unwrap_or((port, ""));
                ensure!(path.is_empty(), "{entry:?} has a path but is not allowed to");
                (host, port)
            }
            _ => (rest, ""),
        };
        let port = PortPattern::parse(port, scheme)
            .with_context(|| format!("Invalid allowed host port {port:?}"))?;
        ensure!(
            scheme == "*" || scheme.chars().all(char::is_alphabetic),
            "Invalid allowed host scheme {scheme:?}"
        );
        let host =
            HostPattern::parse(host).with_context(|| format!("Invalid allowed host {host:?}"))?;
        Ok(Self { scheme: (scheme != "*").then(|| scheme.to_owned()), host, port })
    }

    fn allows(&self, url: &Url) -> bool {
        let scheme = url.scheme();
        self.scheme.as_deref().is_none_or(|own| own == scheme)
            && url.host_str().is_some_and(|host| self.host.allows(host))
            && self.port.allows(url.port().or_else(|| well_known_port(scheme)))
    }
}

impl HostPattern {
    fn parse(host: &str) -> Result<Self> {
        let host = host.trim();
        match host {
            "*" => return Ok(Self::Any),
            "self" | "self.alt" => return Ok(Self::Itself),
            _ => {}
        }
        if let Ok(network) = IpNetwork::from_str_truncate(host) {
            return Ok(Self::Network(network));
        }
        let host = host.strip_suffix('/').unwrap_or(host);
        ensure!(!host.contains('/'), "must not include a path");
        if let Some(domain) = host.strip_prefix("*.") {
            let Host::Domain(domain) = Host::parse(domain)? else {
                bail!("wildcard suffix must be a domain");
            };
            ensure!(!domain.contains('*'), "wildcards are allowed only as prefixes");
            return Ok(Self::Subdomain(format!(".{domain}")));
        }
        ensure!(!host.contains('*'), "wildcards are allowed only as subdomains");
        Ok(Self::Literal(Host::parse(host)?))
    }

    fn allows(&self, host: &str) -> bool {
        // A URL of a scheme that isn't the web's keeps an IPv4 address as a
        // domain: reading it again tells them apart.
        let Ok(host) = Host::parse(host) else {
            return false;
        };
        match (self, &host) {
            (Self::Any, _) => true,
            (Self::Literal(literal), host) => host == literal,
            (Self::Subdomain(suffix), Host::Domain(domain)) => domain.ends_with(suffix),
            (Self::Network(network), Host::Ipv4(address)) => network.contains(IpAddr::V4(*address)),
            (Self::Network(network), Host::Ipv6(address)) => network.contains(IpAddr::V6(*address)),
            (Self::Subdomain(_) | Self::Network(_) | Self::Itself, _) => false,
        }
    }
}

impl PortPattern {
    fn parse(port: &str, scheme: &str) -> Result<Self> {
        let number = |text: &str| {
            text.parse::<u16>().with_context(|| format!("port {text:?} is not a number"))
        };
        match port {
            "*" => Ok(Self::Any),
            "" => well_known_port(scheme).map(Self::One).with_context(|| {
                format!(
                    "no port was provided and the scheme {scheme:?} does not have a known \
                     default port number"
                )
            }),
            _ => match port.split_once("..") {
                Some((start, end)) => Ok(Self::Range(number(start)?..number(end)?)),
                None => number(port).map(Self::One),
            },
        }
    }

    fn allows(&self, port: Option<u16>) -> bool {
        match (self, port) {
            (Self::Any, _) => true,
            (Self::One(own), Some(port)) => *own == port,
            (Self::Range(range), Some(port)) => range.contains(&port),
            (_, None) => false,
        }
    }
}

/// The port that a scheme stands for; as with Spin, `rediss` has none.
fn well_known_port(scheme: &str) -> Option<u16> {
    match scheme {
        "redis" => Some(6379),
        "http" => Some(80),
        "https" => Some(443),
        "postgres" => Some(5432),
        "mysql" => Some(3306),
        "mqtt" => Some(1883),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allows(entry: &str, address: &str) -> bool {
        AllowedHosts::parse([entry]).unwrap().allow_redis(address)
    }

    #[test]
    fn scheme_host_and_port_must_agree() {
        for (entry, address) in [
            ("redis://localhost:6379", "redis://localhost:6379"),
            ("redis://localhost", "redis://localhost:6379"),
            ("redis://localhost:6379", "redis://localhost"),
            ("redis://localhost:6379/", "redis://localhost:6379/0"),
            ("redis://localhost:6379", "localhost:6379"),
            ("redis://127.0.0.1:6379", "redis://127.0.0.1:6379"),
            ("redis://127.0.0.0/8:6379", "redis://127.1.2.3:6379"),
            ("redis://[::1]:6379", "redis://[::1]:6379"),
            ("redis://*.example.com:6379", "redis://a.example.com:6379"),
            ("redis://h:6000..7000", "redis://h:6999"),
            ("rediss://h:6380", "rediss://h:6380"),
            ("*://*:*", "rediss://h:1"),
            ("redis://h:1", "redis://user:pass@h:1"),
            ("redis://h:1", "redis://:p%40s%2Fs@h:1/3"),
        ] {
            assert!(allows(entry, address), "{entry} {address}");
        }
        for (entry, address) in [
            ("redis://localhost:6379", "redis://localhost:6380"),
            ("redis://localhost:6379", "rediss://localhost:6379"),
            ("redis://localhost:6379", "redis://otherhost:6379"),
            ("redis://localhost:6379", "redis://localhost:6379@evil:6379"),
            ("redis://127.0.0.0/8:6379", "redis://128.0.0.1:6379"),
            ("redis://*.example.com:6379", "redis://example.com:6379"),
            ("redis://h:6000..7000", "redis://h:7000"),
            ("redis://self:6379", "redis://self:6379"),
            ("rediss://h:6380", "rediss://h"),
            ("redis://h:1", "redis://evil:1#@h:1"),
            ("redis://h:1", "redis://evil:1/@h:1"),
            ("redis://h:1", "redis://"),
            ("redis://h:1", ""),
        ] {
            assert!(!allows(entry, address), "{entry} {address}");
        }
        assert!(!AllowedHosts::default().allow_redis("redis://h:1"));
    }

    #[test]
    fn one_entry_allows_the_nodes_of_a_cluster() {
        for (entry, inside, outside) in [
            (
                "redis://*:6379",
                &["redis://a:6379", "redis://10.1.2.3:6379", "redis://[fd00::7]:6379"][..],
                &["redis://a:6380", "rediss://a:6379"][..],
            ),
            (
                "redis://*.redis.svc:6379",
                &["redis://node-0.redis.svc:6379", "redis://a.b.redis.svc", "redis://N.Redis.svc"],
                &[
                    "redis://redis.svc:6379",
                    "redis://evilredis.svc:6379",
                    "redis://a.redis.svc.evil:6379",
                    "redis://10.1.2.3:6379",
                ],
            ),
            (
                "redis://10.0.0.0/8:6379",
                &["redis://10.0.0.1:6379", "redis://10.255.255.255", "redis://:p%40s@10.1.2.3/0"],
                // What a name leads to nobody looks up.
                &["redis://11.0.0.1:6379", "redis://localhost:6379", "redis://[::ffff:a00:1]:6379"],
            ),
            ("redis://10.9.9.9/8:6379", &["redis://10.0.0.1:6379"], &["redis://11.0.0.1:6379"]),
            (
                "redis://fd00::/8:6379",
                &["redis://[fd12::1]:6379"],
                &["redis://[fe80::1]:6379", "redis://10.0.0.1:6379"],
            ),
            (
                "redis://127.0.0.1:*",
                &["redis://127.0.0.1:1", "redis://127.0.0.1:65535", "redis://127.0.0.1"],
                &["redis://127.0.0.2:1", "redis://localhost:1"],
            ),
            (
                "redis://127.0.0.1:7000..7010",
                &["redis://127.0.0.1:7000", "redis://127.0.0.1:7009"],
                &["redis://127.0.0.1:6999", "redis://127.0.0.1:7010", "redis://127.0.0.1"],
            ),
        ] {
            for address in inside {
                assert!(allows(entry, address), "{entry} {address}");
            }
            for address in outside {
                assert!(!allows(entry, address), "{entry} {address}");
            }
        }
    }

    #[test]
    fn an_empty_variable_allows_nothing() {
        let hosts = AllowedHosts::parse(["", "https://"]).unwrap();
        assert!(hosts.0.is_empty());
    }

    #[test]
    fn what_is_no_entry_is_refused() {
        for (entry, message) in [
            ("localhost:6379", "does not contain a scheme"),
            ("rediss://localhost", "Invalid allowed host port \"\""),
            ("redis://localhost:x", "Invalid allowed host port \"x\""),
            ("redis://localhost:1/path", "has a path"),
            ("redis://localhost/path", "Invalid allowed host \"localhost/path\""),
            ("re-dis://localhost:1", "Invalid allowed host scheme"),
            ("redis://a*b:1", "Invalid allowed host \"a*b\""),
            ("redis://*.*.b:1", "Invalid allowed host \"*.*.b\""),
            ("redis://*.10.0.0.1:1", "Invalid allowed host \"*.10.0.0.1\""),
            ("redis://10.0.0.0/33:1", "Invalid allowed host \"10.0.0.0/33\""),
            ("redis://a/8:1", "Invalid allowed host \"a/8\""),
            ("redis://a:1..x", "Invalid allowed host port \"1..x\""),
            ("redis://a:1..70000", "Invalid allowed host port \"1..70000\""),
            ("redis://a:1,redis://b:1", "Invalid allowed host"),
            ("redis://u:p@h:1", "Invalid allowed host"),
        ] {
            let error = AllowedHosts::parse([entry]).unwrap_err().to_string();
            assert!(error.contains(message), "{entry}: {error}");
        }
    }
}
