//! Where a container can be asked: what it publishes on this host's loopback, and its own addresses.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use serde_json::Value;

use super::subjects::Member;
use crate::docker::Inspect;
use crate::untrusted::named;

/// Of one container, no more ports are looked at.
const PORTS_MAX: usize = 16;

/// One address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Address {
    pub(super) at: SocketAddr,
    /// The port as the container has it.
    pub(super) inner: u16,
    /// Which member.
    pub(super) of: String,
    /// The next container of that name has it too.
    pub(super) lasting: bool,
}

/// Those of a member; and where else it is published, in words.
pub(super) fn of(member: &Member) -> (Vec<Address>, Vec<String>) {
    let (found, of) = (&member.found, member.name.as_str());
    let (mut all, mut elsewhere) = (Vec::new(), Vec::new());
    let host_network = found.text("/HostConfig/NetworkMode") == "host";
    let mut ports: Vec<u16> =
        found.entries("/NetworkSettings/Ports").filter_map(|(port, _)| tcp(port)).collect();
    ports.extend(found.entries("/Config/ExposedPorts").filter_map(|(port, _)| tcp(port)));
    ports.sort_unstable();
    ports.dedup();
    for inner in ports.into_iter().take(PORTS_MAX) {
        let address = |at, lasting| Address { at, inner, of: of.to_owned(), lasting };
        if host_network {
            all.push(address(SocketAddr::new(Ipv4Addr::LOCALHOST.into(), inner), true));
            continue;
        }
        let (near, far) = published(found, inner);
        elsewhere.extend(far);
        match near {
            Some((at, lasting)) => all.push(address(at, lasting)),
            None => all.extend(own(found).map(|ip| address(SocketAddr::new(ip, inner), false))),
        }
    }
    (all, elsewhere)
}

/// Where a port is published on the loopback, and whether the next container has the same; else where it is.
fn published(found: &Inspect, inner: u16) -> (Option<(SocketAddr, bool)>, Vec<String>) {
    let key = format!("{inner}/tcp");
    let bindings = |of: &'static str| found.at(of)[&key].as_array().into_iter().flatten();
    // Without a port of its own, a binding is given any.
    let fixed = |port: &str| bindings("/HostConfig/PortBindings").any(|wanted| wanted["HostPort"] == port);
    let (mut near, mut far) = (Vec::new(), Vec::new());
    for binding in bindings("/NetworkSettings/Ports") {
        let port = binding["HostPort"].as_str().unwrap_or_default();
        let Ok(number) = port.parse() else { continue };
        let ip = binding["HostIp"].as_str().unwrap_or_default();
        match loopback(ip) {
            Some(loopback) => near.push((SocketAddr::new(loopback, number), fixed(port))),
            None => far.push(format!("{}:{number}", named(ip))),
        }
    }
    // The same port of both families is one.
    let first = near.into_iter().min_by_key(|(at, _)| at.is_ipv6());
    if first.is_some() { (first, Vec::new()) } else { (None, far) }
}

/// The loopback address by which a published address is reached.
fn loopback(ip: &str) -> Option<IpAddr> {
    match ip.parse() {
        _ if ip.is_empty() => Some(Ipv4Addr::LOCALHOST.into()),
        Ok(ip @ (IpAddr::V4(_) | IpAddr::V6(_))) if ip.is_loopback() => Some(ip),
        Ok(IpAddr::V4(ip)) if ip.is_unspecified() => Some(Ipv4Addr::LOCALHOST.into()),
        Ok(IpAddr::V6(ip)) if ip.is_unspecified() => Some(Ipv6Addr::LOCALHOST.into()),
        Ok(_) | Err(_) => None,
    }
}

/// The first address that the container has itself.
fn own(found: &Inspect) -> impl Iterator<Item = IpAddr> {
    addresses(found).into_iter().take(1)
}

/// All that it has.
pub(super) fn addresses(found: &Inspect) -> Vec<IpAddr> {
    let networks = found.entries("/NetworkSettings/Networks");
    let texts = networks.flat_map(|(_, network)| [&network["IPAddress"], &network["GlobalIPv6Address"]]);
    texts.filter_map(Value::as_str).filter_map(|text| text.parse().ok()).collect()
}

fn tcp(port: &str) -> Option<u16> {
    port.strip_suffix("/tcp")?.parse().ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn asked(inspect: Value) -> (Vec<(String, bool)>, Vec<String>) {
        let (all, elsewhere) = of(&Member { name: "web".to_owned(), found: Inspect::of(inspect) });
        (all.into_iter().map(|one| (one.at.to_string(), one.lasting)).collect(), elsewhere)
    }

    fn fixed(address: &str) -> (String, bool) {
        (address.to_owned(), true)
    }

    fn passing(address: &str) -> (String, bool) {
        (address.to_owned(), false)
    }

    #[test]
    fn what_is_published_is_asked_for_on_the_loopback() {
        let ports = |ip: &str| {
            json!({
                "HostConfig": { "PortBindings": { "80/tcp": [{ "HostPort": "8080" }] } },
                "NetworkSettings": { "Ports": { "80/tcp": [{ "HostIp": ip, "HostPort": "8080" }], "53/udp": null } },
            })
        };
        for (ip, at) in [
            ("", "127.0.0.1:8080"),
            ("0.0.0.0", "127.0.0.1:8080"),
            ("127.0.0.1", "127.0.0.1:8080"),
            ("127.0.0.7", "127.0.0.7:8080"),
            ("::", "[::1]:8080"),
        ] {
            assert_eq!(asked(ports(ip)), (vec![fixed(at)], Vec::new()), "{ip}");
        }
        assert_eq!(asked(ports("192.0.2.7")), (Vec::new(), vec!["192.0.2.7:8080".to_owned()]));
    }

    #[test]
    fn a_port_that_the_engine_chose_is_another_one_next_time() {
        for wanted in [
            json!([{ "HostPort": "" }]),
            json!([{ "HostPort": "0" }]),
            json!([{ "HostPort": "8000-8100" }]),
            Value::Null,
        ] {
            let inspect = json!({
                "HostConfig": { "PortBindings": { "80/tcp": wanted } },
                "NetworkSettings": { "Ports": { "80/tcp": [{ "HostIp": "0.0.0.0", "HostPort": "8003" }] } },
            });
            assert_eq!(asked(inspect).0, [passing("127.0.0.1:8003")]);
        }
    }

    #[test]
    fn what_is_not_published_is_asked_for_at_the_container_itself() {
        let networks = json!({ "front": { "IPAddress": "172.18.0.3", "GlobalIPv6Address": "" } });
        let inspect = json!({
            "Config": { "ExposedPorts": { "8080/tcp": {} } },
            "NetworkSettings": { "Ports": { "8080/tcp": null }, "Networks": networks },
        });
        assert_eq!(asked(inspect).0, [passing("172.18.0.3:8080")]);
        let host = json!({ "HostConfig": { "NetworkMode": "host" }, "Config": { "ExposedPorts": { "8080/tcp": {} } } });
        assert_eq!(asked(host).0, [fixed("127.0.0.1:8080")]);
    }
}
