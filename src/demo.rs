//! `golive demo`: the whole story in under a minute. A real service, a good release and what it has to show, a bad one, what
//! golive sees and decides, the rollback, the alerts as they were received. In containers where a Docker Engine answers, else as plain processes.

use std::io::Write;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::{mpsc, watch};

use crate::clock::Clock;
use crate::config::{Config, Language};
use crate::control;
use crate::daemon::{Daemon, DaemonError};
use crate::decide::view::{ServiceView, View};
use crate::model::decision::Decision;
use crate::model::release::ReleaseState;
use crate::record;
use crate::signals::Signal;
use crate::store::{Reader, Story};
use crate::text::{Texts, english};

mod containers;
pub mod customers;
mod error;
mod host;
mod image;
pub mod processes;
pub mod service;
mod sinks;

use containers::Containers;
pub use error::DemoError;
use processes::Processes;
use sinks::Received;

/// What runs at first, a good release, a bad one, and when the bad one turns bad.
const FIRST: &str = "1.0";
const GOOD: &str = "1.1";
const BAD: &str = "2.0";
const FAIL_AFTER: &str = "2s";

/// Each part of the story has to happen within this.
const PATIENCE: Duration = Duration::from_secs(40);

/// Gives the demo, and leaves nothing behind.
pub async fn run(out: &mut impl Write) -> Result<(), DemoError> {
    let dir = std::env::temp_dir().join(format!("golive-demo-{}", std::process::id()));
    std::fs::create_dir_all(&dir).map_err(DemoError::system("make a directory for the demo"))?;
    let played = play(out, &dir).await;
    if let Err(error) = std::fs::remove_dir_all(&dir) {
        tracing::warn!(%error, dir = %dir.display(), "could not remove the demo's directory");
    }
    played
}

async fn play(out: &mut impl Write, dir: &Path) -> Result<(), DemoError> {
    let listen = free_address()?;
    let name = format!("golive-demo-{}", std::process::id());
    let socket = host::socket(std::env::var("DOCKER_HOST").ok().as_deref())?;
    let carrier = match Containers::find(&socket, &name, listen.port()).await {
        Some(containers) => Carrier::Containers(containers),
        None => Carrier::Processes(Processes::new(dir, listen)?),
    };
    carrier.introduce(out)?;
    let told = story(out, dir, listen, &carrier).await;
    carrier.clean_up().await?;
    told
}

/// What carries the demo's service.
enum Carrier {
    Containers(Containers),
    Processes(Processes),
}

impl Carrier {
    fn introduce(&self, out: &mut impl Write) -> Result<(), DemoError> {
        match self {
            Self::Containers(containers) => say(
                out,
                &format!("Docker answers: the service `shop` runs as container {}.", containers.name),
            ),
            Self::Processes(_) => say(
                out,
                "No Docker Engine answers: the service `shop` runs as a plain process, through golive's command runtime.",
            ),
        }
    }

    async fn build(&self) -> Result<(), DemoError> {
        match self {
            Self::Containers(containers) => {
                containers.build(FIRST, None).await?;
                containers.build(GOOD, None).await?;
                containers.build(BAD, Some(FAIL_AFTER)).await
            }
            Self::Processes(_) => Ok(()),
        }
    }

    async fn deploy(&self, version: &str) -> Result<(), DemoError> {
        match self {
            Self::Containers(containers) => containers.deploy(version).await,
            Self::Processes(processes) => processes.deploy(version).await,
        }
    }

    async fn clean_up(&self) -> Result<(), DemoError> {
        match self {
            Self::Containers(containers) => containers.clean_up().await,
            Self::Processes(processes) => processes.end().await,
        }
    }

    /// Which engine, where it is one.
    fn docker(&self) -> String {
        match self {
            Self::Containers(containers) => containers.engine(),
            Self::Processes(_) => String::new(),
        }
    }

    /// The service's part of rules.toml.
    fn rules(&self, dir: &Path) -> Result<String, DemoError> {
        match self {
            Self::Containers(Containers { name, .. }) => Ok(format!("container = \"{name}\"")),
            Self::Processes(_) => {
                let program =
                    std::env::current_exe().map_err(DemoError::system("find golive's own program"))?;
                let deploy = format!("\"{}\", \"demo-deploy\", \"{}\"", program.display(), dir.display());
                Ok(format!(
                    "command = {{ version = [{deploy}, \"version\"], rollback = [{deploy}, \"rollback\", \"{{to}}\"] }}"
                ))
            }
        }
    }
}

async fn story(
    out: &mut impl Write,
    dir: &Path,
    listen: SocketAddr,
    carrier: &Carrier,
) -> Result<(), DemoError> {
    let received = Received::default();
    let (smtp, web) =
        sinks::start(&received).await.map_err(DemoError::system("open a port for the alerts"))?;
    carrier.build().await?;
    let rules = carrier.docker() + &rules(dir, listen, smtp, web, &carrier.rules(dir)?);
    let path = dir.join("rules.toml");
    std::fs::write(&path, &rules).map_err(DemoError::system("write rules.toml"))?;
    say(out, &format!("\nrules.toml of this demo:\n\n{}", indent(&rules)))?;

    say(out, &format!("→ version {FIRST} runs."))?;
    carrier.deploy(FIRST).await?;
    let clock = Clock::start();
    let (end, mut shown, served) = start_daemon(&path, dir, clock).await?;
    let is_ready = |version: &str, shop: &ServiceView| {
        let accepted = shop.accepted.as_ref().is_some_and(|accepted| accepted.version == version);
        accepted && shop.problems.as_ref().is_some_and(Vec::is_empty)
    };
    follow(out, clock, &mut shown, "the first version ready to go back to", |shop| is_ready(FIRST, shop))
        .await?;

    say(out, &format!("\n→ version {GOOD} goes live; it has something to show before it is accepted."))?;
    carrier.deploy(GOOD).await?;
    follow(out, clock, &mut shown, "the good version accepted", |shop| is_ready(GOOD, shop)).await?;
    let release = shown.borrow().services.first().and_then(|shop| shop.decided.clone());
    if let Some(story) = told(dir, release.as_ref())? {
        let shown = record::acceptance(&story, &Texts::new(Language::English, None));
        say(out, &format!("\nWhat it has shown, as in its record:\n\n{}", indent(&shown)))?;
    }

    say(out, &format!("\n→ version {BAD} goes live; its health endpoint turns bad after {FAIL_AFTER}."))?;
    carrier.deploy(BAD).await?;
    follow(out, clock, &mut shown, "the bad version rolled back", |shop| {
        matches!(
            shop.decided,
            Some(Decision { state: ReleaseState::RolledBack | ReleaseState::RollbackFailed, .. })
        )
    })
    .await?;
    let release = shown.borrow().services.first().and_then(|shop| shop.decided.clone());
    let mail = arrived(|| received.mail("rolled back")).await?;
    let post = arrived(|| received.post("rollback-succeeded")).await?;
    say(out, &format!("\nThe mail, as received:\n\n{}", indent(&mail)))?;
    say(out, &format!("\nThe webhook, as received:\n\n{}", indent(&pretty(&post))))?;

    drop(end);
    served.await.map_err(|_| DemoError::Late { what: "end the daemon" })?;
    if let Some(story) = told(dir, release.as_ref())? {
        let record = record::markdown(&story, &Texts::new(Language::English, None));
        say(out, &format!("\nThe release record:\n\n{}", indent(&record)))?;
    }
    let answer = ask(listen).await?;
    say(out, &format!("\nThe service answers: {answer}"))?;
    if answer == format!("shop {GOOD}") {
        return say(out, "The bad release took itself back.");
    }
    Err(DemoError::Otherwise { wanted: "the good version serve again", seen: answer })
}

/// All that is stored of a release.
fn told(dir: &Path, decided: Option<&Decision>) -> Result<Option<Story>, DemoError> {
    let Some(Decision { release, .. }) = decided else { return Ok(None) };
    Ok(Reader::open(dir)?.story(release)?)
}

type Served = tokio::task::JoinHandle<()>;

async fn start_daemon(
    rules: &Path,
    dir: &Path,
    clock: Clock,
) -> Result<(mpsc::Sender<Signal>, watch::Receiver<Arc<View>>, Served), DemoError> {
    let config = Config::load(rules).map_err(DaemonError::from)?;
    let socket =
        control::bind(&dir.join("golive.sock")).map_err(DemoError::system("open the control socket"))?;
    let daemon = Daemon::start(config, rules.to_owned(), socket, clock).await?;
    let shown = daemon.views();
    // Dropping the sender ends the daemon.
    let (end, mut signals) = mpsc::channel(1);
    let served = tokio::spawn(async move { drop(daemon.serve(&mut signals).await) });
    Ok((end, shown, served))
}

/// Prints what golive sees until `until` holds.
async fn follow(
    out: &mut impl Write,
    clock: Clock,
    shown: &mut watch::Receiver<Arc<View>>,
    wanted: &'static str,
    until: impl Fn(&ServiceView) -> bool,
) -> Result<(), DemoError> {
    let began = clock.now();
    let mut before = String::new();
    let mut told = String::new();
    let watched = tokio::time::timeout(PATIENCE, async {
        loop {
            let view = Arc::clone(&shown.borrow_and_update());
            if let Some(shop) = view.services.first() {
                let line = line(shop);
                if line != told {
                    say(out, &format!("  {:>5.1} s  {line}", seconds(began, clock.now())))?;
                    told.clone_from(&line);
                }
                before.clone_from(&line);
                if until(shop) {
                    return Ok(());
                }
            }
            if shown.changed().await.is_err() {
                return Err(DemoError::Otherwise { wanted, seen: "the daemon ended".to_owned() });
            }
        }
    });
    watched.await.unwrap_or(Err(DemoError::Otherwise { wanted, seen: before }))
}

/// One line on where the service stands.
fn line(shop: &ServiceView) -> String {
    let phase = match (&shop.release, shop.phase) {
        (Some(release), phase) => {
            let acceptance = shop.acceptance_since.map(|_| "acceptance");
            let step = release.step.or(acceptance).map(|step| format!(" ({step})")).unwrap_or_default();
            format!("{phase} {}{step}", release.release.version)
        }
        (None, phase) => match &shop.accepted {
            Some(accepted) => format!("{phase}, {} accepted", accepted.version),
            None => phase.to_owned(),
        },
    };
    let trigger = shop.triggers.first().map(|health| {
        format!("{}: {}", health.verdict.call.into_str(), english().sentence(&health.verdict.why))
    });
    let ready = match &shop.problems {
        Some(problems) if problems.is_empty() => "; ready to go back",
        Some(_) => "; not ready to go back",
        None => "",
    };
    format!("{phase}{ready} — {}", trigger.unwrap_or_default())
}

fn rules(dir: &Path, listen: SocketAddr, smtp: SocketAddr, web: SocketAddr, carrier: &str) -> String {
    format!(
        r#"[state]
dir = "{dir}"

[service.shop]
{carrier}

[service.shop.watch]
window = "8s"
grace = "2s"
interval = "500ms"

[service.shop.health.web]
url = "http://{listen}/health"
timeout = "400ms"

[service.shop.acceptance]
on-fail = "accept"

[service.shop.acceptance.health]
url = "http://{listen}/health"
max-latency = "300ms"

[service.shop.acceptance.load]
url = "http://{listen}/"
load = {{ rate = 20, for = "3s", p95 = "300ms" }}

[service.shop.acceptance.watch]
watch = {{ availability = "90%" }}

[service.shop.rollback]
verify = "2s"

[channel.mail]
email = {{ to = ["on-call@example.com"], from = "golive@example.com", smtp = "smtp://{smtp}" }}

[channel.chat]
webhook = {{ format = "standard", url = "http://{web}/alerts" }}
"#,
        dir = dir.display()
    )
}

async fn arrived(look: impl Fn() -> Option<String>) -> Result<String, DemoError> {
    let wait = tokio::time::timeout(PATIENCE, async {
        loop {
            match look() {
                Some(text) => return text,
                None => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        }
    });
    wait.await.map_err(|_| DemoError::Late { what: "receive the alert" })
}

/// What the service answers now.
async fn ask(listen: SocketAddr) -> Result<String, DemoError> {
    let wrong = |error: reqwest::Error| DemoError::Otherwise {
        wanted: "the service answer",
        seen: error.to_string(),
    };
    let client = reqwest::Client::builder().no_proxy().timeout(PATIENCE).build().map_err(wrong)?;
    let answer = client.get(format!("http://{listen}/")).send().await.map_err(wrong)?;
    Ok(answer.text().await.map_err(wrong)?.trim().to_owned())
}

fn free_address() -> Result<SocketAddr, DemoError> {
    let listener = TcpListener::bind("127.0.0.1:0").map_err(DemoError::system("find a free port"))?;
    listener.local_addr().map_err(DemoError::system("find a free port"))
}

fn pretty(json: &str) -> String {
    let value: Result<serde_json::Value, _> = serde_json::from_str(json);
    value.and_then(|value| serde_json::to_string_pretty(&value)).unwrap_or_else(|_| json.to_owned())
}

fn indent(text: &str) -> String {
    text.lines().fold(String::new(), |all, line| all + "    " + line + "\n")
}

fn seconds(from: Timestamp, to: Timestamp) -> f64 {
    to.duration_since(from).as_secs_f64()
}

fn say(out: &mut impl Write, line: &str) -> Result<(), DemoError> {
    writeln!(out, "{line}").map_err(DemoError::system("write"))
}
