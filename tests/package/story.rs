//! The main job, done by the installed package from within its sandbox: a bad release of a real container is taken
//! back, and people are told through a secret address.

use golive_fixtures::engine::busybox;

use crate::system::{System, docker, text};

/// Keeps what is posted to it.
const SINK: &str = r#"
use IO::Socket::INET;
my $listen = IO::Socket::INET->new(LocalAddr => "127.0.0.1:9900", Listen => 9, ReuseAddr => 1) or die $!;
while (my $peer = $listen->accept) {
  my ($path, $length) = ("", 0);
  while (my $line = <$peer>) {
    $path = $1 if $line =~ m{^POST (\S+)};
    $length = $1 if $line =~ m{^content-length: (\d+)}i;
    last if $line =~ m{^\r?\n$};
  }
  next unless $path; # somebody only asked whether anybody listens
  read($peer, my $body, $length);
  open(my $file, ">>", "/root/posts"); print $file "$path $body\n"; close $file;
  print $peer "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n";
  close $peer;
}
"#;

/// A container of this host's engine, in two versions, removed with everything that golive made of it. The service has
/// the container's name, so that all of that can be found.
struct Shop {
    name: String,
}

impl Shop {
    fn new() -> Self {
        let shop = Self { name: format!("golive-test-shop-{}", std::process::id()) };
        let root = tempfile::tempdir().unwrap();
        let tar = busybox(root.path(), &[], &[]);
        for (version, command) in
            [("1.0", r#"["/bin/busybox","sleep","9999"]"#), ("2.0", r#"["/bin/busybox","false"]"#)]
        {
            let (command, label) = (format!("CMD {command}"), format!("LABEL version={version}"));
            let image = format!("{}:{version}", shop.name);
            docker(&["import", "--change", &command, "--change", &label, &tar, &image]);
        }
        shop
    }

    fn deploy(&self, version: &str) {
        let image = format!("{}:{version}", self.name);
        try_docker(&["rm", "--force", &self.name]);
        docker(&["run", "--detach", "--stop-timeout", "1", "--name", &self.name, &image]);
    }
}

impl Drop for Shop {
    fn drop(&mut self) {
        let list = docker(&["ps", "--all", "--quiet", "--filter", &format!("name={}", self.name)]);
        for id in list.lines() {
            try_docker(&["rm", "--force", "--volumes", id]);
        }
        let images = docker(&["images", "--all", "--format", "{{.Repository}}:{{.Tag}}"]);
        for image in images.lines().filter(|image| image.contains(&self.name)) {
            try_docker(&["image", "rm", "--force", image]);
        }
    }
}

/// Failing is an answer here.
fn try_docker(args: &[&str]) -> bool {
    std::process::Command::new("docker").args(args).output().unwrap().status.success()
}

#[test]
fn a_bad_release_is_taken_back_by_the_installed_package() {
    let system = System::boot();
    // The group has the number that the engine's socket has, as on a host where Docker was installed first.
    system.sh("groupadd --system --gid $(stat --format=%g /host/docker.sock) docker; ln -s /host/docker.sock /run/docker.sock");
    system.install();
    let shop = Shop::new();
    shop.deploy("1.0");
    system.write("/root/sink.pl", SINK);
    system.sh("systemd-run --quiet --unit=sink perl /root/sink.pl");
    system.sh("printf http://127.0.0.1:9900/secret-path > /etc/golive/credentials/hook; chmod 600 /etc/golive/credentials/hook");
    system.write("/etc/golive/rules.d/shop.toml", &rules(&shop.name));
    system.sh("golive check; systemctl restart golive; golive check --online || true");
    let status = || text(&system.try_sh("golive status --json").stdout);
    system.eventually("1.0 is accepted", || {
        let status: serde_json::Value = serde_json::from_str(&status()).unwrap_or_default();
        status["services"][0]["accepted"]["id"].is_string()
            && status["services"][0]["readiness"]["ready"] == true
    });

    shop.deploy("2.0");
    system.eventually("the new release is seen", || status().contains("2.0"));
    let waited = system.try_sh(&format!("golive wait {} --timeout 60s", shop.name));
    assert_eq!(waited.status.code(), Some(10), "{}\n{}", text(&waited.stderr), system.journal());
    let image = docker(&[
        "container",
        "inspect",
        "--format",
        "{{.Config.Labels.version}} {{.State.Running}}",
        &shop.name,
    ]);
    assert_eq!(image, "1.0 true");
    let explained = system.sh("golive explain");
    assert!(explained.contains("1.0") && explained.contains("2.0"), "{explained}");
    assert!(system.sh("golive record").contains("rolled-back"));
    let told = || text(&system.try_sh("cat /root/posts").stdout);
    system.eventually("people are told", || told().contains("rollback-succeeded"));
    assert!(told().lines().all(|post| post.starts_with("/secret-path ")), "{}", told());
    assert!(!system.journal().contains("secret-path"), "the address stays secret");
}

fn rules(container: &str) -> String {
    format!(
        r#"
[service.{container}]
container = "{container}"
[service.{container}.watch]
window = "20s"
grace = "1s"
interval = "200ms"
[service.{container}.health.container]
docker = true
[service.{container}.rollback]
verify = "1s"
stop-timeout = "1s"
[channel.hook]
webhook = {{ format = "standard", url-file = "credential:hook" }}
"#
    )
}
