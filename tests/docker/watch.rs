//! What the watch over an engine sees, and how soon.

use std::collections::BTreeMap;
use std::time::Duration;

use golive::model::event::{Event, ServiceEvent};
use golive::model::running::Running;
use golive::runtime::{Watched, watch};
use tokio::sync::mpsc::{self, Receiver};
use tokio::task::JoinHandle;

use crate::engine::Bench;

/// A watch over one service called `shop`.
pub(crate) struct Watching {
    events: Receiver<Event>,
    task: JoinHandle<()>,
}

impl Watching {
    pub(crate) fn over(bench: &Bench, container: &str) -> Self {
        Self::of(bench, Watched::Container(container.to_owned()))
    }

    pub(crate) fn of(bench: &Bench, watched: Watched) -> Self {
        let (sender, events) = mpsc::channel(64);
        let services = BTreeMap::from([("shop".to_owned(), watched)]);
        Self { events, task: tokio::spawn(watch(bench.engine(), services, sender)) }
    }

    pub(crate) async fn next(&mut self) -> Event {
        self.next_within(60).await
    }

    pub(crate) async fn next_within(&mut self, seconds: u64) -> Event {
        let next = tokio::time::timeout(Duration::from_secs(seconds), self.events.recv());
        next.await.expect("something happens in time").expect("the watch goes on")
    }

    /// What is seen next, past everything else, until it is so.
    pub(crate) async fn until_seen(&mut self, wanted: impl Fn(Option<&Running>) -> bool) -> Option<Running> {
        loop {
            if let Event::Service { service, what: ServiceEvent::Seen(seen) } = self.next().await {
                assert_eq!(service, "shop");
                if wanted(seen.as_ref()) {
                    return seen;
                }
            }
        }
    }

    /// The next death, and what is seen after it; the look may be told first.
    pub(crate) async fn until_died_and_seen(
        &mut self,
        wanted: impl Fn(Option<&Running>) -> bool,
    ) -> ((String, Option<i64>, bool), Option<Running>) {
        let (mut died, mut found) = (None, None);
        loop {
            let Event::Service { what, .. } = self.next().await else { continue };
            if let ServiceEvent::Died { instance, exit, oom, .. } = what {
                died = Some((instance, exit, oom));
            } else if let ServiceEvent::Seen(seen) = what
                && wanted(seen.as_ref())
            {
                found = Some(seen);
            }
            if let (Some(died), Some(found)) = (&died, &found) {
                return (died.clone(), found.clone());
            }
        }
    }

    /// Until that container is seen to run; what else is told may come before or after.
    pub(crate) async fn until_runs(&mut self, id: &str) {
        self.until_seen(|seen| seen.is_some_and(|seen| seen.alive && seen.instance == id)).await;
    }

    /// Whether the next death of that container was what somebody had asked for.
    pub(crate) async fn until_asked(&mut self, id: &str) -> bool {
        loop {
            if let Event::Service { what: ServiceEvent::Died { instance, asked, .. }, .. } = self.next().await
                && instance == id
            {
                return asked;
            }
        }
    }

    /// The next death, past everything else.
    pub(crate) async fn until_died(&mut self) -> (String, Option<i64>, bool) {
        loop {
            if let Event::Service { what: ServiceEvent::Died { instance, exit, oom, .. }, .. } =
                self.next().await
            {
                return (instance, exit, oom);
            }
        }
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn is_alive(seen: Option<&Running>) -> bool {
    seen.is_some_and(|seen| seen.alive)
}

#[tokio::test]
async fn releases_restarts_deaths_and_removal_are_seen() {
    let bench = Bench::new();
    bench.image("v1");
    bench.image("v2");
    let name = format!("{}-web", bench.prefix);
    let mut watching = Watching::over(&bench, &name);
    assert_eq!(watching.until_seen(|_| true).await, None);

    let v1 = bench.docker(&["run", "-d", "--name", &name, &format!("{}:v1", bench.prefix)]);
    let first = watching.until_seen(is_alive).await.unwrap();
    assert_eq!((first.instance.as_str(), first.version.as_str()), (v1.as_str(), "v1"));

    bench.until_it_obeys(&name).await;
    bench.docker(&["restart", &name]);
    let anew = |seen: Option<&Running>| is_alive(seen) && seen != Some(&first);
    let (died, restarted) = watching.until_died_and_seen(anew).await;
    assert_eq!(died, (v1.clone(), Some(0), false));
    let restarted = restarted.unwrap();
    assert_eq!(restarted.identity, first.identity);
    assert!(restarted.started > first.started);

    bench.docker(&["rm", "-fv", &name]);
    let (died, _) = watching.until_died_and_seen(|seen| seen.is_none()).await;
    assert_eq!(died, (v1, Some(137), false));

    let v2 = bench.docker(&["run", "-d", "--name", &name, &format!("{}:v2", bench.prefix)]);
    let second = watching.until_seen(is_alive).await.unwrap();
    assert_eq!((second.instance, second.version.as_str()), (v2.clone(), "v2"));
    assert_ne!(second.identity, first.identity);

    let elsewhere = format!("{name}-old");
    bench.docker(&["rename", &name, &elsewhere]);
    watching.until_seen(|seen| seen.is_none()).await;
    bench.docker(&["rename", &elsewhere, &name]);
    watching.until_seen(is_alive).await;
    bench.docker(&["rm", "-fv", &v2]);
}

/// An engine under load tells of the end before it tells why: golive says what it has heard by then.
#[tokio::test]
async fn a_container_out_of_memory_is_told_as_such() {
    let bench = Bench::new();
    bench.image("v1");
    let name = format!("{}-web", bench.prefix);
    let mut watching = Watching::over(&bench, &name);
    watching.until_seen(|seen| seen.is_none()).await;
    let hungry = "x=aaaaaaaaaaaaaaaa; while :; do x=$x$x; done";
    let image = format!("{}:v1", bench.prefix);
    let run =
        ["run", "-d", "--name", &name, "--memory", "8m", "--memory-swap", "8m", &image, "sh", "-c", hungry];
    for _ in 0..5 {
        let id = bench.docker(&run);
        let (_, exit, oom) = watching.until_died().await;
        let container = format!("container={id}");
        // To the end of this second: the engine counts in whole ones.
        let until = (golive::clock::Clock::start().now().as_second() + 1).to_string();
        let asked = ["events", "--since", "1h", "--until", &until, "--filter", &container];
        let heard = bench.docker(&[&asked[..], &["--format", "{{.Action}}"]].concat());
        let in_time = heard.lines().take_while(|action| *action != "die").any(|action| action == "oom");
        assert_eq!((exit, oom), (Some(137), in_time), "{heard}");
        bench.docker(&["rm", "-fv", &name]);
        watching.until_seen(|seen| seen.is_none()).await;
        if oom {
            return;
        }
    }
    panic!("the engine never told in time that it was out of memory");
}

/// Whoever asks the engine to stop, restart, kill or remove something has ended it; whoever kills it past the engine has not, nor
/// has the program itself.
#[tokio::test]
async fn what_was_asked_to_stop_is_told_from_what_ends_by_itself() {
    let bench = Bench::new();
    bench.image("v1");
    let (name, image) = (format!("{}-web", bench.prefix), format!("{}:v1", bench.prefix));
    let mut watching = Watching::over(&bench, &name);
    watching.until_seen(|seen| seen.is_none()).await;
    let run = ["run", "-d", "--name", &name, "--stop-timeout", "1", &image, "sleep", "1000"];
    let pid = || bench.docker(&["inspect", "--format", "{{.State.Pid}}", &name]);
    let asked: [(&str, &[&str]); 5] = [
        ("stop", &["stop", &name]),
        ("restart", &["restart", &name]),
        ("kill", &["kill", &name]),
        ("kill -s HUP", &["kill", "-s", "HUP", &name]),
        ("rm -f", &["rm", "-f", &name]),
    ];
    for (what, by) in asked {
        let id = bench.docker(&run);
        watching.until_runs(&id).await;
        bench.docker(by);
        // What runs first in a container hears of no signal that it has not asked for.
        if what == "kill -s HUP" {
            bench.docker(&["kill", &name]);
        }
        assert!(watching.until_asked(&id).await, "{what}");
        bench.docker(&["rm", "-fv", &name]);
    }
    let id = bench.docker(&run);
    watching.until_runs(&id).await;
    std::process::Command::new("kill").args(["-9", &pid()]).status().unwrap();
    assert!(!watching.until_asked(&id).await, "killed past the engine");
    bench.docker(&["rm", "-fv", &name]);
    let id = bench.docker(&["run", "-d", "--name", &name, &image, "sh", "-c", "sleep 1; exit 3"]);
    assert!(!watching.until_asked(&id).await, "ended by itself");
    bench.docker(&["rm", "-fv", &name]);
}

#[tokio::test]
async fn what_is_changed_in_place_is_seen_at_once() {
    let bench = Bench::new();
    bench.image("v1");
    let (name, network) = (format!("{}-web", bench.prefix), format!("{}-net", bench.prefix));
    bench.docker(&["network", "create", &network]);
    let mut watching = Watching::over(&bench, &name);
    let id = bench.run(&name, &[], "v1");
    let mut last = watching.until_seen(is_alive).await.unwrap();
    let changes: [&[&str]; 3] = [
        &["update", "--cpus", "0.5", &name],
        &["network", "connect", "--alias", "shop", &network, &name],
        &["network", "disconnect", "bridge", &name],
    ];
    for change in changes {
        bench.docker(change);
        let now =
            watching.until_seen(|seen| seen.is_some_and(|it| it.identity != last.identity)).await.unwrap();
        assert_eq!(now.instance, id, "{change:?}");
        last = now;
    }
}
