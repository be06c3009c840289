//! The same requests, made by others.

use std::fmt::Write as _;
use std::time::Duration;

use super::target::Target;
use super::{Measured, Running, measure};

/// Everybody that is installed.
pub(crate) fn all(
    target: &Target,
    checks: usize,
    interval: Duration,
    seconds: u64,
) -> Vec<(String, Measured)> {
    let dir = tempfile::tempdir().unwrap();
    let mut measured = Vec::new();
    let own = std::env::current_exe().unwrap();
    let arguments =
        [&target.url(0)[..target.url(0).len() - 1], &checks.to_string(), &interval.as_millis().to_string()]
            .map(str::to_owned);
    let arguments = ["loop", &arguments[0], &arguments[1], &arguments[2]];
    if let Some(bare) = Running::start(own.to_str().unwrap(), &arguments, dir.path()) {
        measured.push(("a bare reqwest loop".to_owned(), measure(target, &[bare.0.id()], interval, seconds)));
    }
    let (blackbox, prometheus) = (blackbox(dir.path()), prometheus(dir.path(), target, checks, interval));
    if let (Some(blackbox), Some(prometheus)) = (blackbox, prometheus) {
        let pids = [blackbox.0.id(), prometheus.0.id()];
        measured
            .push(("blackbox exporter, Prometheus".to_owned(), measure(target, &pids, interval, seconds)));
    }
    if let Some(monit) = monit(dir.path(), target, checks, interval) {
        measured.push(("Monit".to_owned(), measure(target, &[monit.0.id()], interval, seconds)));
    }
    measured
}

/// Asks until it is killed.
pub(crate) fn bare(base: &str, checks: &str, interval: &str) {
    let (checks, interval): (u32, u64) = (checks.parse().unwrap(), interval.parse().unwrap());
    rustls::crypto::ring::default_provider().install_default().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let interval = Duration::from_millis(interval);
        let client = reqwest::Client::builder().no_proxy().tls_certs_only([]).build().unwrap();
        for check in 0..checks {
            let (client, url) = (client.clone(), format!("{base}{check}"));
            tokio::spawn(async move {
                tokio::time::sleep(interval * check / checks).await;
                let mut turns = tokio::time::interval(interval);
                loop {
                    turns.tick().await;
                    let answer = client.get(&url).send().await.unwrap();
                    assert!(answer.status().is_success());
                    drop(answer.bytes().await);
                }
            });
        }
        std::future::pending::<()>().await;
    });
}

const BLACKBOX: u16 = 19_115;

fn blackbox(dir: &std::path::Path) -> Option<Running> {
    let config = "modules:\n  http:\n    prober: http\n    http:\n      preferred_ip_protocol: ip4\n";
    std::fs::write(dir.join("blackbox.yml"), config).unwrap();
    let listen = format!("--web.listen-address=127.0.0.1:{BLACKBOX}");
    let arguments = ["--config.file=blackbox.yml", &listen];
    Running::start("prometheus-blackbox-exporter", &arguments, dir)
}

fn prometheus(dir: &std::path::Path, target: &Target, checks: usize, interval: Duration) -> Option<Running> {
    let mut config = format!(
        "global:\n  scrape_interval: {0}s\n  scrape_timeout: {0}s\nscrape_configs:\n- job_name: probes\n  metrics_path: /probe\n  \
         params: {{ module: [http] }}\n  relabel_configs:\n  - source_labels: [__address__]\n    target_label: __param_target\n  \
         - target_label: __address__\n    replacement: 127.0.0.1:{BLACKBOX}\n  static_configs:\n  - targets:\n",
        interval.as_secs()
    );
    for n in 0..checks {
        writeln!(config, "    - {}", target.url(n)).unwrap();
    }
    std::fs::write(dir.join("prometheus.yml"), config).unwrap();
    let arguments =
        ["--config.file=prometheus.yml", "--storage.tsdb.path=data", "--web.listen-address=127.0.0.1:19090"];
    Running::start("prometheus", &arguments, dir)
}

fn monit(dir: &std::path::Path, target: &Target, checks: usize, interval: Duration) -> Option<Running> {
    use std::os::unix::fs::PermissionsExt as _;
    let mut config = format!(
        "set daemon {}\nset idfile {dir}/id\nset statefile {dir}/state\nset pidfile {dir}/pid\n",
        interval.as_secs(),
        dir = dir.display()
    );
    for n in 0..checks {
        let url = target.url(n);
        let port = url.rsplit(':').next().and_then(|rest| rest.split('/').next()).unwrap().to_owned();
        writeln!(
            config,
            "check host c{n} with address 127.0.0.1\n  if failed port {port} protocol http request \"/{n}\" then alert"
        )
        .unwrap();
    }
    let path = dir.join("monitrc");
    std::fs::write(&path, config).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    Running::start("monit", &["-I", "-c", "monitrc"], dir)
}
