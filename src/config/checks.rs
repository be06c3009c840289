//! One check, wherever it stands: `[service.….health.…]`, `[check.…]` and their like.

use std::time::Duration;

use super::check::{Check, CheckKind, FileAge, TlsCheck, TlsVersion};
use super::prometheus::Names;
use super::table::Section;
use super::tls;

pub(super) mod http;
mod logs;
mod prometheus;
mod report;

/// Kinds of check.
const KINDS: [&str; 10] =
    ["url", "tcp", "command", "tls", "file-age", "query", "prometheus", "report", "docker", "logs"];

/// Those among them that look at containers.
pub(super) const OF_CONTAINERS: [&str; 2] = ["docker", "logs"];

/// Certificates that are good for less long are told.
const DAYS: u32 = 14;

const VERSIONS: [(&str, TlsVersion); 2] = [("1.2", TlsVersion::V12), ("1.3", TlsVersion::V13)];

/// One check; `None` when it cannot be made sense of, which is told. `without` says why it may not look at containers.
pub(super) fn read(mut section: Section<'_>, without: Option<&str>, servers: &Names) -> Option<Check> {
    let timeout = section.duration("timeout", Duration::from_secs(2));
    let mut given = section.given(&KINDS);
    // Beside a query it names who is asked.
    given.retain(|kind| *kind != "prometheus" || !section.has("query"));
    match given.as_slice() {
        [] => {
            let may = |kind: &&str| without.is_none() || !OF_CONTAINERS.contains(kind);
            let kinds: Vec<&str> = KINDS[1..].iter().copied().filter(may).collect();
            let hint = format!("add url = \"http://…\", or one of {}", kinds.join(", "));
            section.missing("does not say what to check", &hint);
        }
        [_] => {}
        [_, more @ ..] => {
            for kind in more {
                let hint = "give each check a table of its own";
                section.wrong_key(&[kind], "is a second kind of check beside another", hint);
            }
        }
    }
    let tcp = address(&mut section, "tcp");
    let command = section.argv("command");
    let docker = section.boolean("docker");
    for (kind, why) in section.given(&OF_CONTAINERS).into_iter().zip(without.into_iter().cycle()) {
        section.wrong_key(&[kind], why, "use another kind of check");
    }
    if docker == Some(false) && without.is_none() {
        section.wrong(
            "docker",
            "is false, so nothing is checked",
            "write docker = true, or leave the table out",
        );
    }
    let (tls, file) = (tls(&mut section), file_age(&mut section));
    let report = report::read(&mut section);
    // Where it may not be, it is not read: one mistake is told once.
    let logs = if without.is_none() { logs::read(&mut section) } else { section.take("logs").and(None) };
    let query = prometheus::query(&mut section, servers);
    let itself = if section.has("query") { None } else { prometheus::itself(&mut section, servers) };
    let http = http::read(&mut section, timeout);
    section.end(&[]);
    let kind = http
        .map(CheckKind::Http)
        .or(tcp.map(|address| CheckKind::Tcp { address }))
        .or(command.map(|argv| CheckKind::Command { argv }))
        .or(tls.map(CheckKind::Tls))
        .or(file.map(CheckKind::FileAge))
        .or(report.map(CheckKind::Report))
        .or(query.map(|query| CheckKind::Query(Box::new(query))))
        .or(itself.map(|itself| CheckKind::Prometheus(Box::new(itself))))
        .or(logs.map(CheckKind::Logs))
        .or(docker.map(|_| CheckKind::Docker))?;
    Some(Check { timeout, kind })
}

fn address(section: &mut Section<'_>, key: &'static str) -> Option<String> {
    let address = section.string(key)?;
    if !is_host_and_port(&address) {
        let hint = "write \"HOST:PORT\", e.g. \"127.0.0.1:5432\" or \"[::1]:5432\"";
        section.wrong(key, "is not an address", hint);
    }
    Some(address)
}

fn tls(section: &mut Section<'_>) -> Option<TlsCheck> {
    if !section.has("tls") {
        for key in section.given(&["days", "min", "name"]) {
            section.wrong_key(&[key], "is only for a check by `tls`", "leave it out");
        }
        return None;
    }
    let address = address(section, "tls");
    let (days, min) = (section.count("days", DAYS, 0), section.word("min", &VERSIONS, TlsVersion::V12));
    let (name, ca_file) = (section.string("name"), tls::ca_file(section));
    Some(TlsCheck { address: address?, name, days, min, ca_file })
}

fn file_age(section: &mut Section<'_>) -> Option<FileAge> {
    let mut table = section.section("file-age")?;
    let path = table.string("path").map(|path| table.beside(&path));
    let below = table.any_duration("below");
    table.required(&["path", "below"], "write { path = \"/var/backups/shop.dump\", below = \"26h\" }");
    table.end(&[]);
    Some(FileAge { path: path?, below: below? })
}

fn is_host_and_port(address: &str) -> bool {
    let Some((host, port)) = address.rsplit_once(':') else { return false };
    let bracketed = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    let host = match bracketed {
        Some(host) => host.parse::<std::net::Ipv6Addr>().is_ok(),
        None => {
            !host.is_empty()
                && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
        }
    };
    host && port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse::<u16>().is_ok_and(|port| port > 0)
}
