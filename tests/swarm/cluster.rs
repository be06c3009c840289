//! Engines in network namespaces of their own, on one bridge, joined to a Swarm.

use std::fs::File;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

use crate::until::until;

const BUSYBOX: &str = "/bin/busybox";

/// Nothing that is waited for here may take longer: an election alone takes ten seconds.
pub(crate) const PATIENCE: Duration = Duration::from_mins(2);

/// Serves its version, and `/health` unless it is bad; stops at once when told to. The port may be another
/// task's for a moment. Whatever is in `$MORE` comes first.
const SERVE: &str = "eval \"$MORE\"; mkdir -p /www; echo $APP >/www/index.html; [ -n \"$BAD\" ] || echo ok >/www/health; \
                     trap 'exit 0' TERM; while :; do httpd -f -p ${PORT:-8080} -h /www; sleep 0.2; done & wait";

/// A Swarm of so many managers.
pub(crate) struct Cluster {
    pub(crate) nodes: Vec<Node>,
    prefix: String,
    net: String,
    dir: TempDir,
}

/// One engine.
pub(crate) struct Node {
    pub(crate) namespace: String,
    pub(crate) socket: PathBuf,
    pub(crate) address: String,
    engine: Child,
}

impl Cluster {
    pub(crate) fn new(managers: usize) -> Self {
        let pid = std::process::id();
        let prefix = format!("golive-test-{pid}");
        let net = format!("10.{}.{}", 160 + pid / 250 % 64, pid % 250);
        // Short: the path of a socket may be no longer than 107 bytes.
        let dir = tempfile::Builder::new().prefix("golive-test-").tempdir_in("/tmp").unwrap();
        // The bridge has a namespace of its own, where no engine's firewall stands between the nodes.
        let (hub, link) = (format!("{prefix}-hub"), format!("glt{pid}"));
        sh(&format!("ip netns add {hub} && ip -n {hub} link set lo up"));
        sh(&format!("ip -n {hub} link add br0 type bridge && ip -n {hub} link set br0 up"));
        sh(&format!("ip link add {link} type veth peer name p0 netns {hub}"));
        sh(&format!(
            "ip -n {hub} link set p0 master br0 up && ip addr add {net}.1/24 dev {link} && ip link set {link} up"
        ));
        let mut cluster = Self { nodes: Vec::new(), prefix, net, dir };
        for number in 1..=managers {
            let node = cluster.start_node(number);
            cluster.nodes.push(node);
        }
        for node in &cluster.nodes {
            eventually("every engine answers", || node.try_docker(&["info"]).is_ok());
        }
        let first = &cluster.nodes[0];
        first.docker(&["swarm", "init", "--advertise-addr", &first.address]);
        let token = first.docker(&["swarm", "join-token", "-q", "manager"]);
        for other in &cluster.nodes[1..] {
            other.docker(&["swarm", "join", "--token", &token, &format!("{}:2377", first.address)]);
        }
        cluster.load_images();
        cluster
    }

    fn start_node(&self, number: usize) -> Node {
        let (hub, namespace) = (format!("{}-hub", self.prefix), format!("{}-{number}", self.prefix));
        let address = format!("{}.{}", self.net, 10 + number);
        sh(&format!("ip netns add {namespace} && ip -n {namespace} link set lo up"));
        sh(&format!("ip -n {namespace} link add v0 type veth peer name p{number} netns {hub}"));
        sh(&format!("ip -n {hub} link set p{number} master br0 up"));
        sh(&format!("ip -n {namespace} addr add {address}/24 dev v0 && ip -n {namespace} link set v0 up"));
        let dir = self.dir.path().join(number.to_string());
        std::fs::create_dir_all(&dir).unwrap();
        // The machine's own settings would be in the way.
        std::fs::write(dir.join("daemon.json"), "{}").unwrap();
        let engine = self.start_engine(number, &namespace);
        Node { namespace, socket: dir.join("docker.sock"), address, engine }
    }

    fn start_engine(&self, number: usize, namespace: &str) -> Child {
        let dir = self.dir.path().join(number.to_string());
        let _ = std::fs::remove_file(dir.join("pid"));
        let log = File::options().create(true).append(true).open(dir.join("log")).unwrap();
        let dockerd = format!(
            "hostname node-{number} && exec dockerd --config-file {0}/daemon.json --data-root {0}/data \
             --exec-root {0}/exec --pidfile {0}/pid -H unix://{0}/docker.sock",
            dir.display()
        );
        // Its mounts end with it, whichever way it does.
        Command::new("nsenter")
            .arg(format!("--net=/run/netns/{namespace}"))
            .args(["unshare", "--uts", "--mount", "--propagation", "private", "sh", "-c", &dockerd])
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap()
    }

    /// `localhost:1/app:v1` and `:v2`. No registry is there, which shows at once.
    fn load_images(&self) {
        let root = TempDir::new().unwrap();
        std::fs::create_dir(root.path().join("bin")).unwrap();
        std::fs::copy(BUSYBOX, root.path().join("bin/busybox")).expect("busybox-static is installed");
        for applet in ["sh", "sleep", "echo", "httpd", "mkdir", "false"] {
            std::os::unix::fs::symlink("busybox", root.path().join("bin").join(applet)).unwrap();
        }
        let tar = root.path().join("image.tar").display().to_string();
        sh(&format!("tar -C {} -cf {tar} bin", root.path().display()));
        let command = format!("CMD {}", serde_json::json!(["sh", "-c", SERVE]));
        let (first, others) = self.nodes.split_first().unwrap();
        let images = ["v1", "v2", "v3"].map(|version| format!("localhost:1/app:{version}"));
        for (version, image) in ["v1", "v2", "v3"].iter().zip(&images) {
            let app = format!("ENV APP={version}");
            first.docker(&["import", "--change", &app, "--change", &command, &tar, image]);
        }
        // The same on every node, as a registry would give them.
        let saved = self.saved();
        let mut save = vec!["save", "-o", &saved];
        save.extend(images.iter().map(String::as_str));
        first.docker(&save);
        for other in others {
            other.docker(&["load", "-i", &saved]);
        }
    }

    /// The images, as a registry would have them.
    fn saved(&self) -> String {
        self.dir.path().join("saved.tar").display().to_string()
    }

    /// Where this test can be reached from the nodes.
    pub(crate) fn gateway(&self) -> String {
        format!("{}.1", self.net)
    }

    pub(crate) fn dir(&self) -> PathBuf {
        self.dir.path().to_owned()
    }

    /// The power of a node fails: everything on it ends at once, golive with it.
    pub(crate) fn lose(&mut self, at: usize) -> Node {
        let node = self.nodes.remove(at);
        node.kill();
        node
    }

    /// The power of a node fails, and comes back: its engine starts again from what is on its disk.
    pub(crate) fn reboot(&mut self, at: usize) {
        self.nodes[at].kill();
        let _ = self.nodes[at].engine.wait();
        // What was running is gone with the power, and so are its sockets and numbers.
        let _ = std::fs::remove_dir_all(self.dir.path().join((at + 1).to_string()).join("exec"));
        self.nodes[at].engine = self.start_engine(at + 1, &self.nodes[at].namespace);
        let node = &self.nodes[at];
        eventually("the engine is back", || node.try_docker(&["node", "ls"]).is_ok());
    }

    /// The engine of a node is killed; what runs in it and beside it goes on.
    pub(crate) fn kill_engine(&mut self, at: usize) {
        self.nodes[at].engine.kill().unwrap();
        self.nodes[at].engine.wait().unwrap();
    }

    pub(crate) fn revive_engine(&mut self, at: usize) {
        self.nodes[at].engine = self.start_engine(at + 1, &self.nodes[at].namespace);
        let node = &self.nodes[at];
        eventually("the engine is back", || node.try_docker(&["node", "ls"]).is_ok());
    }

    /// A node is reached by nobody, and reaches nobody; or again.
    pub(crate) fn link(&self, at: usize, state: &str) {
        sh(&format!("ip -n {}-hub link set p{} {state}", self.prefix, at + 1));
    }

    pub(crate) fn node(&self) -> &Node {
        &self.nodes[0]
    }

    /// Joins another engine, as a worker.
    pub(crate) fn add_worker(&mut self) -> &Node {
        let worker = self.start_node(self.nodes.len() + 1);
        eventually("the worker's engine answers", || worker.try_docker(&["info"]).is_ok());
        let first = &self.nodes[0];
        let token = first.docker(&["swarm", "join-token", "-q", "worker"]);
        worker.docker(&["load", "-i", &self.saved()]);
        worker.docker(&["swarm", "join", "--token", &token, &format!("{}:2377", first.address)]);
        self.nodes.push(worker);
        &self.nodes[self.nodes.len() - 1]
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if std::thread::panicking() {
            for (at, _) in self.nodes.iter().enumerate() {
                let log = std::fs::read_to_string(self.dir.path().join(format!("{}/log", at + 1)));
                let log = log.unwrap_or_default();
                let last: Vec<&str> = log.lines().rev().take(15).collect();
                eprintln!("--- engine {}\n{}", at + 1, last.into_iter().rev().collect::<Vec<_>>().join("\n"));
            }
        }
        for node in &mut self.nodes {
            node.kill();
            let _ = node.engine.wait();
        }
        let prefix = &self.prefix;
        let _ = Command::new("sh")
            .arg("-c")
            .arg(format!("for ns in $(ls /run/netns | grep '^{prefix}-'); do ip netns del $ns; done"))
            .status();
        let _ = Command::new("ip").args(["link", "del", &format!("glt{}", std::process::id())]).output();
    }
}

impl Node {
    pub(crate) fn docker(&self, args: &[&str]) -> String {
        self.try_docker(args).unwrap_or_else(|error| panic!("docker {}: {error}", args.join(" ")))
    }

    pub(crate) fn try_docker(&self, args: &[&str]) -> Result<String, String> {
        let mut docker = Command::new("docker");
        docker.arg("-H").arg(format!("unix://{}", self.socket.display())).args(args).stdin(Stdio::null());
        let output = docker.output().map_err(|error| error.to_string())?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
        if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
    }

    /// `docker service create` in the nodes' own network, without asking a registry.
    pub(crate) fn create(&self, name: &str, version: &str, more: &[&str]) {
        let image = format!("localhost:1/app:{version}");
        let mut args = vec!["service", "create", "-d", "-q", "--no-resolve-image", "--name", name];
        args.extend(["--network", "host", "--update-monitor", "1s", "--restart-delay", "500ms"]);
        args.extend(more);
        args.push(&image);
        self.docker(&args);
    }

    /// `docker service update`, which does not wait.
    pub(crate) fn update(&self, name: &str, more: &[&str]) {
        let mut args = vec!["service", "update", "-d", "-q", "--no-resolve-image"];
        args.extend(more);
        args.push(name);
        self.docker(&args);
    }

    pub(crate) fn deploy(&self, name: &str, version: &str, more: &[&str]) {
        let image = format!("localhost:1/app:{version}");
        let mut args = vec!["--image", image.as_str()];
        args.extend(more);
        self.update(name, &args);
    }

    /// One field of a service.
    pub(crate) fn service(&self, name: &str, format: &str) -> String {
        self.try_docker(&["service", "inspect", "--format", format, name]).unwrap_or_default()
    }

    pub(crate) fn image_of(&self, name: &str) -> String {
        self.service(name, "{{.Spec.TaskTemplate.ContainerSpec.Image}}")
    }

    /// What the service answers on this node, if it does.
    pub(crate) fn answer(&self, port: u16) -> Option<String> {
        let url = format!("http://{}:{port}/", self.address);
        let output = Command::new("curl").args(["-s", "-m", "1", &url]).output().unwrap();
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    }

    /// Everything on it stands still, as if its power had failed; until it is thawed.
    pub(crate) fn freeze(&self) {
        self.signal("STOP");
    }

    pub(crate) fn thaw(&self) {
        self.signal("CONT");
    }

    fn kill(&self) {
        self.signal("KILL");
    }

    fn signal(&self, signal: &str) {
        // What runs in containers has the same network, golive too.
        let _ = Command::new("sh")
            .arg("-c")
            .arg(format!("ip netns pids {} | xargs -r kill -{signal}", self.namespace))
            .output();
    }
}

pub(crate) fn eventually(what: &str, holds: impl FnMut() -> bool) {
    assert!(until(PATIENCE, Duration::from_millis(50), holds), "not in time: {what}");
}

fn sh(script: &str) {
    let output = Command::new("sh").args(["-c", script]).output().unwrap();
    assert!(output.status.success(), "{script}: {}", String::from_utf8_lossy(&output.stderr));
}
