//! The demo's service as a plain process, for machines without Docker: a deploy command in the shape that operators
//! already have, `deploy version` and `deploy rollback VERSION`.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use super::DemoError;

/// The service must be gone or up within this.
const PATIENCE: Duration = Duration::from_secs(10);

/// Where the deploy command keeps what it needs: the address, the running version and its process.
#[derive(Debug)]
pub struct Processes {
    dir: PathBuf,
}

impl Processes {
    /// A new deploy directory for a service at that address.
    pub(super) fn new(dir: &Path, listen: SocketAddr) -> Result<Self, DemoError> {
        let this = Self { dir: dir.to_owned() };
        this.write("listen", &listen.to_string())?;
        Ok(this)
    }

    /// The deploy directory that `Processes::new` made.
    pub fn open(dir: &Path) -> Self {
        Self { dir: dir.to_owned() }
    }

    /// The version that was deployed last.
    pub fn version(&self) -> Result<String, DemoError> {
        self.read("version")
    }

    /// Ends what runs and starts that version. Version 2.0 is the bad one.
    pub async fn deploy(&self, version: &str) -> Result<(), DemoError> {
        self.end().await?;
        let program = std::env::current_exe().map_err(system("find golive's own program"))?;
        let mut command = std::process::Command::new(program);
        command.args(["demo-service", "--listen", &self.read("listen")?, "--version", version]);
        if version == super::BAD {
            command.args(["--fail-after", super::FAIL_AFTER]);
        }
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let child = child.spawn().map_err(system("start the service"))?;
        self.write("pid", &child.id().to_string())?;
        self.write("version", version)
    }

    /// Ends what runs.
    pub(super) async fn end(&self) -> Result<(), DemoError> {
        let Ok(pid) = self.read("pid") else { return Ok(()) };
        let process = PathBuf::from("/proc").join(&pid);
        let ours = || {
            std::fs::read(process.join("cmdline"))
                .is_ok_and(|line| line.windows(12).any(|w| w == b"demo-service"))
        };
        if !ours() {
            return Ok(());
        }
        let kill = tokio::process::Command::new("kill").arg(&pid).status();
        kill.await.map_err(system("end the service"))?;
        let gone = tokio::time::timeout(PATIENCE, async {
            while ours() {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        });
        gone.await.map_err(|_| DemoError::Late { what: "end the service" })
    }

    fn read(&self, name: &str) -> Result<String, DemoError> {
        std::fs::read_to_string(self.dir.join(name)).map_err(system("read the deploy directory"))
    }

    fn write(&self, name: &str, text: &str) -> Result<(), DemoError> {
        std::fs::write(self.dir.join(name), text).map_err(system("write the deploy directory"))
    }
}

fn system(what: &'static str) -> impl FnOnce(std::io::Error) -> DemoError {
    move |source| DemoError::System { what, source }
}
