//! An engine of one's own, which may be killed and pruned: it lives in a network namespace of its own, so that it
//! touches nothing of the machine's.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use golive::config;
use golive::model::event::Event;
use golive::model::step::{FaultKind, Step};
use golive_fixtures::until::{PATIENCE, eventually};

use crate::engine::{Bench, FORWARD};
use crate::watch::Watching;

mod daemon;

/// containerd and dockerd in a network namespace and a directory of their own.
struct Private {
    dir: PathBuf,
    namespace: String,
    containerd: Child,
    dockerd: Option<Child>,
    /// Containers go on while dockerd is away.
    live_restore: bool,
}

impl Private {
    fn up(name: &str) -> Self {
        Self::up_on(name, "true")
    }

    /// With its data on what that command mounts.
    fn up_on(name: &str, mount: &str) -> Self {
        let namespace = format!("golive-test-{}-{name}", std::process::id());
        // Short: the path of a socket may be no longer than 107 bytes.
        let dir = PathBuf::from(format!("/tmp/{namespace}"));
        std::fs::create_dir_all(dir.join("data")).unwrap();
        sh(&format!("{mount} {}/data", dir.display()));
        sh(&format!("ip netns add {namespace} && ip -n {namespace} link set lo up"));
        let config = format!(
            "version = 2\ndisabled_plugins = [\"io.containerd.grpc.v1.cri\"]\nroot = \"{0}/c\"\nstate = \"{0}/cs\"\n\
             [grpc]\n  address = \"{0}/c.sock\"\n",
            dir.display()
        );
        std::fs::write(dir.join("c.toml"), config).unwrap();
        // The machine's own settings would be in the way.
        std::fs::write(dir.join("d.json"), "{}").unwrap();
        let containerd = containerd(&dir, &namespace);
        let mut private = Self { dir, namespace, containerd, dockerd: None, live_restore: true };
        private.start();
        private
    }

    /// As the machine's own is set up, where nobody has changed anything: it takes its containers along.
    fn up_plain(name: &str) -> Self {
        let mut private = Self::up(name);
        private.live_restore = false;
        private.stop();
        private.start();
        private
    }

    /// The power fails and comes back: nothing is left but what is on the disk.
    fn reboot(&mut self) {
        let all =
            "docker -H unix://SOCKET ps -q | xargs -r docker -H unix://SOCKET inspect -f '{{.State.Pid}}'";
        let pids = Command::new("sh").args(["-c", &all.replace("SOCKET", &self.socket())]).output().unwrap();
        self.kill();
        let dir = self.dir.display();
        // The shims are named by the socket of their containerd.
        sh(&format!(
            "pkill -KILL -f {dir}; kill -9 {}",
            String::from_utf8_lossy(&pids.stdout).replace('\n', " ")
        ));
        self.containerd.wait().unwrap();
        let mounts =
            format!("awk -v d={dir}/ 'index($2, d) == 1 && $2 != d\"data\" {{ print $2 }}' /proc/mounts");
        sh(&format!("{mounts} | sort -r | xargs -r -n1 umount -l; rm -rf {dir}/exec {dir}/cs {dir}/c.sock*"));
        self.containerd = containerd(&self.dir, &self.namespace);
        self.start();
    }

    fn socket(&self) -> String {
        format!("{}/docker.sock", self.dir.display())
    }

    fn start(&mut self) {
        let dir = self.dir.display();
        eventually(PATIENCE, "containerd", || self.dir.join("c.sock").exists());
        let log = File::options().append(true).create(true).open(self.dir.join("d.log")).unwrap();
        let _ = std::fs::remove_file(self.dir.join("pid"));
        let live = if self.live_restore { "--live-restore=true" } else { "--live-restore=false" };
        let dockerd = Command::new("nsenter")
            .arg(format!("--net=/run/netns/{}", self.namespace))
            .args(["dockerd", "--config-file", &format!("{dir}/d.json"), live])
            .args(["--containerd", &format!("{dir}/c.sock"), "--data-root", &format!("{dir}/data")])
            .args(["--exec-root", &format!("{dir}/exec"), "--pidfile", &format!("{dir}/pid")])
            .args(["-H", &format!("unix://{dir}/docker.sock")])
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        self.dockerd = Some(dockerd);
        let socket = self.socket();
        eventually(PATIENCE, "dockerd", || {
            let info = Command::new("docker").args(["-H", &format!("unix://{socket}"), "info"]).output();
            info.unwrap().status.success()
        });
    }

    fn kill(&mut self) {
        let mut dockerd = self.dockerd.take().unwrap();
        dockerd.kill().unwrap();
        dockerd.wait().unwrap();
    }
}

impl Private {
    /// As `systemctl stop docker` does it.
    fn stop(&mut self) {
        let mut dockerd = self.dockerd.take().unwrap();
        sh(&format!("kill {}", dockerd.id()));
        dockerd.wait().unwrap();
    }
}

impl Drop for Private {
    fn drop(&mut self) {
        for child in self.dockerd.iter_mut().chain([&mut self.containerd]) {
            sh(&format!("kill {}", child.id()));
            let _ = child.wait();
        }
        let (dir, namespace) = (self.dir.display(), &self.namespace);
        let mounts = format!("awk -v d={dir}/ 'index($2, d) == 1 {{ print $2 }}' /proc/mounts | sort -r");
        sh(&format!("{mounts} | xargs -r -n1 umount -l; ip netns del {namespace}; rm -rf {dir}"));
    }
}

fn containerd(dir: &Path, namespace: &str) -> Child {
    let log = File::options().append(true).create(true).open(dir.join("c.log")).unwrap();
    let mut nsenter = Command::new("nsenter");
    nsenter.arg(format!("--net=/run/netns/{namespace}")).args(["containerd", "-c"]).arg(dir.join("c.toml"));
    nsenter.stdout(Stdio::null()).stderr(log).spawn().unwrap()
}

fn sh(script: &str) {
    let _ = Command::new("sh").args(["-c", script]).status();
}

#[tokio::test]
async fn an_engine_that_dies_is_noticed_and_what_happened_meanwhile_is_seen() {
    let mut private = Private::up("watch");
    let bench = Bench::at(&private.socket());
    bench.image("v1");
    let name = format!("{}-web", bench.prefix);
    let id = bench.run(&name, &["--network", "none"], "v1");
    let mut watching = Watching::over(&bench, &name);
    let seen = watching.until_seen(|seen| seen.is_some()).await.unwrap();
    assert_eq!(seen.instance, id);
    assert_eq!(watching.next().await, Event::EngineBack, "that it answers is said once");

    private.kill();
    let Event::EngineLost { why } = watching.next().await else {
        panic!("the engine's death goes unnoticed")
    };
    assert!(why.contains(&private.socket()), "{why}");
    private.start();
    assert_eq!(watching.next().await, Event::EngineBack);

    let pid = bench.docker(&["inspect", "--format", "{{.State.Pid}}", &name]);
    private.kill();
    assert!(matches!(watching.next().await, Event::EngineLost { .. }));
    // With live-restore the container has gone on by itself; it ends while nobody looks.
    sh(&format!("kill -9 {pid}"));
    private.start();
    let ended = watching.until_seen(|seen| seen.is_some_and(|seen| !seen.alive)).await.unwrap();
    assert_eq!(ended.instance, id);
    assert_eq!(watching.next().await, Event::EngineBack);
}

#[tokio::test]
async fn a_rollback_goes_on_when_the_engine_is_back() {
    let mut private = Private::up("swap");
    let bench = Bench::at(&private.socket());
    let story = bench.released(&["--network", "none", "--restart", "always"]).await;
    for step in FORWARD {
        private.kill();
        let fault = story.step(&bench, step).await.unwrap_err();
        assert_eq!(fault.kind, FaultKind::Unreachable, "{step:?}: {}", fault.text);
        private.start();
        story.step(&bench, step).await.unwrap_or_else(|fault| panic!("{step:?}: {fault:?}"));
    }
    story.step(&bench, Step::CleanUp).await.unwrap();
    story.restored(&bench);
}

#[tokio::test]
async fn a_step_that_the_engine_dies_in_is_done_again() {
    let mut private = Private::up("cut");
    let bench = Bench::at(&private.socket());
    for millis in [5, 40] {
        let story = bench.released(&["--network", "none", "--restart", "always"]).await;
        for step in FORWARD {
            let cut = async {
                tokio::time::sleep(Duration::from_millis(millis)).await;
                private.kill();
            };
            let (cut_off, ()) = tokio::join!(story.step(&bench, step), cut);
            if let Err(fault) = cut_off {
                assert_ne!(fault.kind, FaultKind::Refused, "{step:?}: {}", fault.text);
                assert_ne!(fault.kind, FaultKind::Foreign, "{step:?}: {}", fault.text);
            }
            private.start();
            story.step(&bench, step).await.unwrap_or_else(|fault| panic!("{step:?}: {fault:?}"));
        }
        story.step(&bench, Step::CleanUp).await.unwrap();
        story.restored(&bench);
    }
}

#[tokio::test]
async fn a_rollback_goes_on_after_a_reboot_at_any_step() {
    let mut private = Private::up("reboot");
    let bench = Bench::at(&private.socket());
    for policy in ["no", "always"] {
        let story = bench.released(&["--network", "none", "--restart", policy]).await;
        for step in FORWARD {
            private.reboot();
            story.step(&bench, step).await.unwrap_or_else(|fault| panic!("{step:?}: {fault:?}"));
        }
        private.reboot();
        if policy == "no" {
            assert_eq!(bench.containers(&story.name)[&story.name], "exited", "what Docker does not restart");
            story.step(&bench, Step::Start).await.unwrap();
        }
        story.step(&bench, Step::CleanUp).await.unwrap();
        story.restored(&bench);
        bench.docker(&["rm", "-f", &story.name]);
    }
}

#[tokio::test]
async fn on_a_full_disk_the_bad_release_stays_until_there_is_room() {
    let private = Private::up_on("full", "mount -t tmpfs -o size=200m tmpfs");
    let data = private.dir.join("data");
    let bench = Bench::at(&private.socket());
    let story = bench.released(&["--network", "none", "--restart", "always"]).await;
    let fill = data.join("fill");
    let mut failed = Vec::new();
    for step in FORWARD {
        sh(&format!("cat /dev/zero >{} 2>/dev/null", fill.display()));
        let result = story.step(&bench, step).await;
        if step < Step::Stop {
            assert_eq!(bench.inspect(&story.name)["State"]["Running"], true, "{step:?}");
        }
        std::fs::remove_file(&fill).unwrap();
        if let Err(fault) = result {
            assert_eq!(fault.kind, FaultKind::Transient, "{step:?}: {}", fault.text);
            assert!(fault.text.contains("no space left on device"), "{step:?}: {}", fault.text);
            failed.push(step);
            story.step(&bench, step).await.unwrap_or_else(|fault| panic!("{step:?}: {fault:?}"));
        }
    }
    assert!(failed.contains(&Step::Create), "{failed:?}");
    story.step(&bench, Step::CleanUp).await.unwrap();
    story.restored(&bench);
}

#[tokio::test]
async fn what_is_kept_survives_an_image_prune() {
    let private = Private::up("prune");
    let bench = Bench::at(&private.socket());
    let story = bench.released(&["--network", "none"]).await;
    let unprotected = bench.image("v0");
    bench.docker(&["image", "prune", "-af"]);
    assert!(bench.try_docker(&["image", "inspect", &unprotected]).is_err(), "prune takes what nobody keeps");
    assert_eq!(bench.runtime(&story.name).prove(&story.good).await.unwrap(), Vec::<String>::new());
    story.forward(&bench).await;
    story.step(&bench, Step::CleanUp).await.unwrap();
    story.restored(&bench);
}

#[tokio::test]
async fn what_is_held_running_survives_a_system_prune() {
    let private = Private::up("system");
    let bench = Bench::at(&private.socket());
    let story = bench.released(&["--network", "none"]).await;
    let runtime = bench.runtime_with(&story.name, |service| service.pin = config::Pin::Running);
    assert_eq!(runtime.prove(&story.good).await.unwrap(), Vec::<String>::new());
    let unprotected = bench.image("v0");
    bench.docker(&["system", "prune", "-af", "--volumes"]);
    assert!(bench.try_docker(&["image", "inspect", &unprotected]).is_err(), "prune takes what nobody keeps");
    assert_eq!(runtime.prove(&story.good).await.unwrap(), Vec::<String>::new());
    story.forward(&bench).await;
    story.step(&bench, Step::CleanUp).await.unwrap();
    story.restored(&bench);
    assert_eq!(bench.docker(&["exec", &story.name, "cat", "/data/file"]), "precious");
}

#[tokio::test]
async fn a_disk_that_has_no_room_for_both_is_said_ahead_of_need() {
    let private = Private::up_on("room", "mount -t tmpfs -o size=200m tmpfs");
    let data = private.dir.join("data");
    let bench = Bench::at(&private.socket());
    let story = bench.released(&["--network", "none"]).await;
    let runtime = bench.runtime(&story.name);
    assert_eq!(runtime.prove(&story.good).await.unwrap(), Vec::<String>::new());
    let (fill, data) = (data.join("fill"), data.display());
    sh(&format!("fallocate -l $(( $(stat -f -c '%f * %S' {data}) - (10 << 20) )) {}", fill.display()));
    let lacking = format!("MiB are free in {data}, where Docker makes containers: 64 are needed");
    let problems = runtime.prove(&story.good).await.unwrap();
    assert!(problems.len() == 1 && problems[0].ends_with(&lacking), "{problems:?}");
    std::fs::remove_file(&fill).unwrap();
    assert_eq!(runtime.prove(&story.good).await.unwrap(), Vec::<String>::new());
}

#[tokio::test]
async fn an_engine_that_was_never_there_is_unreachable() {
    let bench = Bench::at("/tmp/golive-test-no-such.sock");
    let runtime = bench.runtime("golive-test-none");
    let fault = runtime.seen().await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Unreachable);
    assert!(fault.text.contains("/tmp/golive-test-no-such.sock"), "{}", fault.text);
    let fault = runtime.forget("r1", None).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Unreachable, "{}", fault.text);
}
