//! Checks that are made always, by real looks at this host.

use std::time::Duration;

use tokio::time::timeout;

use super::*;
use crate::docker::Engine;
use crate::model::sample::Outcome;

/// Long enough for a busy machine.
const SOON: Duration = Duration::from_secs(20);

struct Stage {
    dir: tempfile::TempDir,
    always: Always,
    seen: mpsc::Receiver<Event>,
    stop: CancellationToken,
}

impl Stage {
    fn new() -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let (sender, seen) = mpsc::channel(64);
        let (clock, stop) = (Clock::start(), CancellationToken::new());
        let always = Always::new((clock, &Pulse::new(clock)), &sender, &TaskTracker::new(), &stop);
        Self { dir: tempfile::tempdir().unwrap(), always, seen, stop }
    }

    fn follow(&mut self, rules: &str) {
        let path = self.dir.path().join("rules.toml");
        let service = "[service.api]\ncontainer = \"golive-test-none\"\nhealth.c.tcp = \"127.0.0.1:1\"\n";
        std::fs::write(&path, format!("{service}{rules}")).unwrap();
        let config = Config::load(&path).unwrap();
        let tools = Tools::new(&Engine::new(&self.dir.path().join("none.sock")).unwrap()).unwrap();
        self.always.follow(&config, &Servers::new(&config.prometheus, &tools), &tools);
    }

    /// The next look, by the check's name, and what was measured.
    async fn next(&mut self) -> (String, Outcome, Option<f64>) {
        loop {
            let event = timeout(SOON, self.seen.recv()).await.expect("a look").unwrap();
            if let Event::Checked { sample, figure } = event {
                return (sample.check, sample.outcome, figure.map(|figure| figure.value));
            }
        }
    }

    /// Everything that is seen until now.
    fn drain(&mut self) -> usize {
        std::iter::from_fn(|| self.seen.try_recv().ok()).count()
    }
}

fn backup(path: &Path) -> String {
    format!("[check.backup]\nfile-age = {{ path = \"{}\", below = \"26h\" }}\n", path.display())
}

#[tokio::test]
async fn each_is_looked_at_at_once_and_none_waits_for_another() {
    let mut stage = Stage::new();
    let file = stage.dir.path().join("shop.dump");
    std::fs::write(&file, "dump").unwrap();
    let mut rules = backup(&file);
    for number in 0..100 {
        rules += &format!("[check.hangs-{number}]\ncommand = [\"sleep\", \"60\"]\ntimeout = \"30s\"\n");
    }
    stage.follow(&rules);
    let (name, outcome, figure) = stage.next().await;
    assert_eq!((name.as_str(), &outcome), ("backup", &Outcome::Ok));
    assert!(figure.unwrap() < 60.0, "{figure:?}");
    stage.stop.cancel();
}

#[tokio::test]
async fn what_hangs_ends_by_its_deadline() {
    let mut stage = Stage::new();
    stage.follow("[check.hangs]\ncommand = [\"sleep\", \"60\"]\ntimeout = \"200ms\"\n");
    let (_, outcome, _) = stage.next().await;
    assert_eq!(outcome, Outcome::Failed("had not ended after 200ms and was killed".to_owned()));
    stage.stop.cancel();
}

#[tokio::test]
async fn another_configuration_ends_what_is_gone_and_leaves_the_rest_alone() {
    let mut stage = Stage::new();
    let (old, new) = (stage.dir.path().join("old"), stage.dir.path().join("new"));
    std::fs::write(&new, "").unwrap();
    stage.follow(&backup(&old));
    assert!(matches!(stage.next().await.1, Outcome::Failed(_)));
    // It is made once a minute: nothing follows while it stays as it is.
    stage.follow(&backup(&old));
    tokio::time::sleep(Duration::from_millis(1500)).await;
    assert_eq!(stage.drain(), 0);
    stage.follow(&backup(&new));
    assert_eq!(stage.next().await.1, Outcome::Ok);
    stage.follow("");
    assert!(stage.always.checks.is_empty());
    tokio::time::sleep(Duration::from_millis(1500)).await;
    assert_eq!(stage.drain(), 0);
}

#[tokio::test]
async fn an_engine_that_is_away_makes_blind() {
    let mut stage = Stage::new();
    stage.follow("[check.errors]\ncontainer = \"golive-test-none\"\nlogs = { pattern = \"ERROR\" }\n");
    let (_, outcome, figure) = stage.next().await;
    assert!(matches!(&outcome, Outcome::Blind(why) if why.starts_with("Docker: ")), "{outcome:?}");
    assert_eq!(figure, None);
}
