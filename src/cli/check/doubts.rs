//! What works and is not safe: who else could change what golive does, or read what is secret.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use reqwest::Url;

use crate::config::{
    self, Access, Channel, Check, CheckKind, Config, EVERYBODY, Program, Runtime, Way, WebhookChannel,
    WebhookFormat, uid,
};
use crate::git;
use crate::runtime::find_program;

/// In such a directory nobody writes another's files, though everybody may write in it.
const STICKY: u32 = 0o1000;

/// One sentence for each, after what it is about.
pub(super) fn doubts(config: &Config, rules: &Path) -> Vec<(String, String)> {
    let mut doubts = files(config, rules);
    doubts.extend(in_the_open(config));
    doubts.extend(contents(config));
    if let Some(page) = config.page.as_ref().filter(|page| !page.listen.ip().is_loopback()) {
        let why = "whoever can reach the address may read it, in plain HTTP";
        doubts.push((format!("page at {}", page.listen), why.to_owned()));
    }
    doubts
}

/// Repositories that nothing can be read from.
fn contents(config: &Config) -> Vec<(String, String)> {
    let all = config.services.iter().filter_map(|(name, service)| Some((name, service.content.as_ref()?)));
    let doubt = |(name, content): (&String, &config::Content)| {
        let why = if find_program("git").is_none() {
            "git is not installed".to_owned()
        } else if git::directory(&content.repository).is_none() {
            format!("there is no git repository at {}", content.repository.display())
        } else {
            return None;
        };
        Some((format!("service {name}"), format!("{why}, so its records do not say what a release brings")))
    };
    all.filter_map(doubt).collect()
}

fn files(config: &Config, rules: &Path) -> Vec<(String, String)> {
    let owner = rules.metadata().map(|found| found.uid()).ok();
    let trusted: BTreeSet<u32> = [Some(0), Some(uid()), owner].into_iter().flatten().collect();
    let mut all: BTreeSet<PathBuf> = BTreeSet::from([rules.to_owned()]);
    for service in config.services.values() {
        let commands = match &service.runtime {
            Runtime::Command(commands) => {
                let more = [commands.ready.as_ref(), commands.verify.as_ref()];
                [&commands.version, &commands.rollback]
                    .into_iter()
                    .chain(more.into_iter().flatten())
                    .collect()
            }
            Runtime::Container { .. } | Runtime::Compose(_) | Runtime::Swarm(_) => Vec::new(),
        };
        let hooks = [service.before.as_ref(), service.after.as_ref()].into_iter().flatten();
        let programs = commands.into_iter().chain(hooks).map(|Program { argv, .. }| argv);
        let checks = service.checks.values().chain(service.dependencies.values());
        programs.chain(checks.filter_map(command)).for_each(|argv| all.extend(run(argv)));
    }
    let always = config.always.values().map(|always| &always.check);
    always.filter_map(command).for_each(|argv| all.extend(run(argv)));
    let loose = |path: PathBuf| Some((path.display().to_string(), why(&path, &trusted)?));
    all.into_iter().filter_map(loose).collect()
}

/// What a check runs, if it runs anything.
fn command(check: &Check) -> Option<&Vec<String>> {
    match &check.kind {
        CheckKind::Command { argv } => Some(argv),
        CheckKind::Http(_)
        | CheckKind::Tcp { .. }
        | CheckKind::Tls(_)
        | CheckKind::FileAge(_)
        | CheckKind::Report(_)
        | CheckKind::Query(_)
        | CheckKind::Prometheus(_)
        | CheckKind::Logs(_)
        | CheckKind::Docker => None,
    }
}

/// The program, and the scripts that a shell is given.
fn run(argv: &[String]) -> impl Iterator<Item = PathBuf> {
    let scripts = argv.iter().skip(1).map(PathBuf::from).filter(|path| path.is_absolute() && path.is_file());
    argv.first().and_then(|program| find_program(program)).into_iter().chain(scripts)
}

/// Why somebody else could write it.
fn why(path: &Path, trusted: &BTreeSet<u32>) -> Option<String> {
    let path = std::path::absolute(path).ok()?.canonicalize().ok()?;
    path.ancestors().find_map(|place| {
        let found = place.metadata().ok()?;
        let (which, mode) = (place.display(), found.mode());
        if mode & EVERYBODY != 0 && !(found.is_dir() && mode & STICKY != 0) {
            return Some(format!("everybody may write {which}, and so decide what golive does"));
        }
        let stranger = !trusted.contains(&found.uid());
        stranger.then(|| format!("{which} belongs to uid {}, who so decides what golive does", found.uid()))
    })
}

/// Secrets that leave this host in plain HTTP.
fn in_the_open(config: &Config) -> Vec<(String, String)> {
    let mut open = Vec::new();
    let mut look = |what: String, url: &str, secret: bool| {
        if secret && is_plain_and_far(url) {
            open.push((what, "sends what is secret over plain http to another host: write https".to_owned()));
        }
    };
    for (name, server) in &config.prometheus {
        let what = if name.is_empty() { "prometheus".to_owned() } else { format!("prometheus.{name}") };
        look(what, &server.url, shows(&server.access));
    }
    if let Some(heartbeat) = &config.heartbeat {
        let (url, hidden) = address(&heartbeat.url);
        look("heartbeat".to_owned(), &url, hidden || shows(&heartbeat.access));
    }
    for (name, Channel { way, .. }) in &config.channels {
        if let Way::Webhook(WebhookChannel { format, url, access, .. }) = way {
            let (url, hidden) = address(url);
            look(format!("channel {name}"), &url, hidden || shows(access) || is_told(format));
        }
    }
    let health = config.services.iter().flat_map(|(name, service)| {
        service.checks.iter().map(move |(check, what)| (format!("{name} health check {check}"), what))
    });
    let always = config.always.iter().map(|(name, always)| (format!("check {name}"), &always.check));
    for (what, check) in health.chain(always) {
        if let CheckKind::Http(http) = &check.kind {
            let secret = http.send_headers.keys().any(|name| config::is_secret_header(name));
            look(what, &http.url, secret);
        }
    }
    open
}

/// The address, and whether it is a secret itself.
fn address(url: &config::Url) -> (String, bool) {
    match url {
        config::Url::Open(url) => (url.clone(), false),
        // Whoever checks may not be able to read it.
        config::Url::Secret(secret) => (secret.read().unwrap_or_default(), true),
    }
}

fn shows(access: &Access) -> bool {
    access.login.is_some() || access.headers_file.is_some()
}

/// Whether the format sends its secret, and does not only sign by it.
fn is_told(format: &WebhookFormat) -> bool {
    match format {
        WebhookFormat::Telegram { .. } | WebhookFormat::Pagerduty { .. } => true,
        WebhookFormat::Ntfy { token } | WebhookFormat::Alertmanager { token } => token.is_some(),
        WebhookFormat::Standard { .. }
        | WebhookFormat::Slack
        | WebhookFormat::Teams
        | WebhookFormat::Discord
        | WebhookFormat::Mattermost
        | WebhookFormat::Feishu { .. }
        | WebhookFormat::Dingtalk { .. }
        | WebhookFormat::Wecom => false,
    }
}

fn is_plain_and_far(url: &str) -> bool {
    let Ok(url) = Url::parse(url) else { return false };
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    let near = host == "localhost" || host.parse().is_ok_and(|ip: IpAddr| ip.is_loopback());
    url.scheme() == "http" && !near
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn plain_http_is_fine_on_this_host_alone() {
        for far in [
            "http://10.0.0.7/x",
            "http://localhost.example.com",
            "HTTP://ntfy.example.com/t",
            "http://[::2]/",
        ] {
            assert!(is_plain_and_far(far), "{far}");
        }
        for near in ["http://127.0.0.1:9090", "http://localhost/", "http://[::1]:9/", "https://10.0.0.7", ""]
        {
            assert!(!is_plain_and_far(near), "{near}");
        }
    }

    #[test]
    fn whoever_may_write_a_file_or_its_directories_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let (inner, file) = (dir.path().join("bin"), dir.path().join("bin/deploy.sh"));
        std::fs::create_dir(&inner).unwrap();
        std::fs::write(&file, "").unwrap();
        let own = BTreeSet::from([0, uid()]);
        let mode =
            |path: &Path, mode| std::fs::set_permissions(path, PermissionsExt::from_mode(mode)).unwrap();
        for (of_dir, of_file, fine) in [
            (0o755, 0o755, true),
            (0o775, 0o775, true),
            (0o1777, 0o755, true),
            (0o777, 0o755, false),
            (0o755, 0o757, false),
        ] {
            mode(&inner, of_dir);
            mode(&file, of_file);
            assert_eq!(why(&file, &own).is_none(), fine, "{of_dir:o} {of_file:o}");
        }
        mode(&file, 0o755);
        let told = why(&file, &BTreeSet::from([4_000_000])).unwrap();
        assert!(told.contains("belongs to uid"), "{told}");
        assert_eq!(why(&dir.path().join("none"), &own), None, "what is not there is said elsewhere");
    }
}
