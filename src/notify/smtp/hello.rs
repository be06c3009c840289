//! What golive calls itself at a smarthost: a full domain name, or else the address that it speaks from.

use std::fmt;
use std::net::IpAddr;

/// So much of `/etc/hosts` is read.
const HOSTS_MAX: u64 = 64 << 10;

/// The argument of EHLO (RFC 5321 §4.1.4).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Hello {
    /// A name, or a literal that somebody has configured.
    Name(String),
    /// The address of this end of the connection.
    Address(IpAddr),
}

impl Hello {
    /// As configured; else the host's full name; else the address.
    pub(super) fn new(configured: Option<&str>, own: Option<&str>, local: IpAddr) -> Self {
        match configured.or(own) {
            Some(name) => Self::Name(name.to_owned()),
            None => Self::Address(local.to_canonical()),
        }
    }
}

impl fmt::Display for Hello {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Address(IpAddr::V4(address)) => write!(f, "[{address}]"),
            Self::Address(IpAddr::V6(address)) => write!(f, "[IPv6:{address}]"),
        }
    }
}

/// This host's full name, where it has one.
pub(in crate::notify) fn own(host: &str) -> Option<String> {
    use std::io::Read as _;
    let mut hosts = String::new();
    if let Ok(file) = std::fs::File::open("/etc/hosts")
        && let Err(error) = file.take(HOSTS_MAX).read_to_string(&mut hosts)
    {
        tracing::debug!(%error, "/etc/hosts could not be read");
    }
    full(host, &hosts)
}

/// The name itself if it is full, else the first full one that stands beside it in `/etc/hosts`.
fn full(host: &str, hosts: &str) -> Option<String> {
    if is_full(host) {
        return Some(host.to_owned());
    }
    hosts.lines().find_map(|line| {
        let mut words = line.split('#').next().unwrap_or_default().split_whitespace();
        words.next()?.parse::<IpAddr>().ok()?;
        let names: Vec<&str> = words.collect();
        let own = names.iter().any(|name| name.eq_ignore_ascii_case(host));
        names.into_iter().find(|name| own && is_full(name)).map(str::to_owned)
    })
}

/// Labels of messages, digits and hyphens, at least two of them, and nothing that only stands for this very host.
fn is_full(name: &str) -> bool {
    let label = |label: &str| {
        let messages = label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        (1..=63).contains(&label.len()) && messages && !label.starts_with('-') && !label.ends_with('-')
    };
    let last = name.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
    let here = ["localhost", "localdomain", "invalid"].contains(&last.as_str());
    let number = last.bytes().all(|byte| byte.is_ascii_digit());
    name.len() <= 253 && name.contains('.') && name.split('.').all(label) && !here && !number
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_called_by_its_full_name() {
        const HOSTS: &str = "127.0.0.1 localhost\n127.0.1.1\tweb1.example.com web1 # Debian's\n\
                             ::1 localhost ip6-localhost\n10.0.0.7 db1.localdomain db1\n10.0.0.8 db2 db2.example.com\n\
                             not-an-address api.example.com api\n";
        for (host, name) in [
            ("web1.example.org", Some("web1.example.org")),
            ("web1", Some("web1.example.com")),
            ("WEB1", Some("web1.example.com")),
            ("db2", Some("db2.example.com")),
            ("db1", None),
            ("api", None),
            ("localhost", None),
            ("localhost.localdomain", None),
            ("web_1.example.com", None),
            ("10.0.0.9", None),
            ("web1.", None),
            ("主机.example.com", None),
            ("", None),
        ] {
            assert_eq!(full(host, HOSTS).as_deref(), name, "{host}");
        }
        assert_eq!(full("web1", ""), None);
    }

    #[test]
    fn without_a_name_it_is_the_address_as_a_literal() {
        let address = |text: &str| text.parse().unwrap();
        for (configured, own, local, said) in [
            (None, None, "192.0.2.7", "[192.0.2.7]"),
            (None, None, "2001:db8::7", "[IPv6:2001:db8::7]"),
            (None, None, "::ffff:192.0.2.7", "[192.0.2.7]"),
            (None, Some("web1.example.com"), "192.0.2.7", "web1.example.com"),
            (Some("mail.example.com"), Some("web1.example.com"), "192.0.2.7", "mail.example.com"),
        ] {
            assert_eq!(Hello::new(configured, own, address(local)).to_string(), said);
        }
    }
}
