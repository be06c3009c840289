//! Health checks that look at what a rollback leaves alone: whatever is wrong there, it would not mend.

use serde_json::Value;

use super::found::{Bystander, Found};
use crate::config::{Check, CheckKind, Service, TlsCheck};
use crate::docker::Inspect;

#[cfg(test)]
mod tests;

/// An address that a health check looks at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Looked {
    check: String,
    host: String,
    port: u16,
}

/// What the health checks of a service look at.
pub(super) fn looked_at(service: &Service) -> Vec<Looked> {
    let address = |check: &Check| match &check.kind {
        CheckKind::Http(http) => {
            let url = reqwest::Url::parse(&http.url).ok()?;
            Some((url.host_str()?.trim_matches(['[', ']']).to_owned(), url.port_or_known_default()?))
        }
        CheckKind::Tcp { address } | CheckKind::Tls(TlsCheck { address, .. }) => {
            let (host, port) = address.rsplit_once(':')?;
            Some((host.trim_matches(['[', ']']).to_owned(), port.parse().ok()?))
        }
        CheckKind::Command { .. }
        | CheckKind::FileAge(_)
        | CheckKind::Report(_)
        | CheckKind::Query(_)
        | CheckKind::Prometheus(_)
        | CheckKind::Logs(_)
        | CheckKind::Docker => None,
    };
    let looked = service.checks.iter().filter_map(|(name, check)| {
        let (host, port) = address(check)?;
        Some(Looked { check: name.clone(), host, port })
    });
    looked.collect()
}

/// What of that is answered by a container that is left alone, a sentence each.
pub(super) fn beyond(looked: &[Looked], found: &Found) -> Vec<String> {
    let each = looked.iter().filter_map(|looked| {
        let left = found.left.iter().find(|left| answers(&left.it.found, looked))?;
        Some(sentence(looked, left))
    });
    each.collect()
}

fn sentence(Looked { check, host, port }: &Looked, left: &Bystander) -> String {
    let (service, keeps) = (&left.it.key.service, &left.keeps);
    format!(
        "health check {check} looks at {host}:{port}, where {service} answers, and a rollback leaves {service} alone because \
         it keeps data in {keeps}: name `services`, with {service} where it is to be taken back, or without it where it only \
         passes requests on"
    )
}

/// Whether a container publishes that address, or has it itself.
fn answers(found: &Inspect, looked: &Looked) -> bool {
    let own = found.entries("/NetworkSettings/Networks").any(|(_, network)| {
        network["IPAddress"] == looked.host.as_str() || network["GlobalIPv6Address"] == looked.host.as_str()
    });
    let host_network = found.text("/HostConfig/NetworkMode") == "host" && is_here(&looked.host);
    let exposes = || {
        let ports = found.entries("/Config/ExposedPorts");
        ports
            .filter_map(|(port, _)| port.split('/').next()?.parse().ok())
            .any(|port: u16| port == looked.port)
    };
    let bindings = found.entries("/HostConfig/PortBindings").chain(found.entries("/NetworkSettings/Ports"));
    let mut bindings = bindings.flat_map(|(_, bindings)| bindings.as_array().into_iter().flatten());
    own || bindings.any(|binding| publishes(binding, looked)) || (host_network && exposes())
}

fn publishes(binding: &Value, looked: &Looked) -> bool {
    let (ip, port) = (binding["HostIp"].as_str().unwrap_or_default(), binding["HostPort"].as_str());
    let everywhere = matches!(ip, "" | "0.0.0.0" | "::");
    let same = ip == looked.host || (is_here(ip) && is_here(&looked.host));
    let here = is_here(&looked.host) || looked.host.parse::<std::net::IpAddr>().is_ok();
    port.and_then(|port| port.parse().ok()) == Some(looked.port) && (same || (everywhere && here))
}

/// Whether an address is surely this host's own.
fn is_here(host: &str) -> bool {
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}
