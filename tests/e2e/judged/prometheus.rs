//! A Prometheus of the test's own.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

/// Debian's, on a free port; it can be ended and started again.
pub(super) struct Prometheus {
    address: String,
    dir: TempDir,
    process: Option<Child>,
}

impl Prometheus {
    /// Scrapes what listens at that port.
    pub(super) fn start(port: u16) -> Self {
        let dir = TempDir::new().unwrap();
        let rules = format!(
            "global: {{ scrape_interval: 1s, scrape_timeout: 1s }}\n\
             scrape_configs:\n- job_name: shop\n  static_configs: [{{ targets: [\"127.0.0.1:{port}\"] }}]\n"
        );
        std::fs::write(dir.path().join("prometheus.yml"), rules).unwrap();
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
        let mut this = Self { address, dir, process: None };
        this.run();
        this
    }

    pub(super) fn run(&mut self) {
        let dir = self.dir.path();
        let process = Command::new("prometheus")
            .arg(format!("--config.file={}", dir.join("prometheus.yml").display()))
            .arg(format!("--storage.tsdb.path={}", dir.join("data").display()))
            .arg(format!("--web.listen-address={}", self.address))
            .arg("--log.level=error")
            .current_dir(dir)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("Debian's package `prometheus` is installed, as ./test does");
        self.process = Some(process);
    }

    pub(super) fn end(&mut self) {
        if let Some(mut process) = self.process.take() {
            drop(process.kill());
            drop(process.wait());
        }
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        self.end();
    }
}
