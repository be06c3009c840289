//! Against a server that answers by the path that it is asked for.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;
use crate::config::Config;
use crate::docker::Engine;
use crate::model::acceptance::{Group, of_all};
use crate::model::tests::item;

/// Answers `/slow` after 60 ms, `/.env` and `/` with a page, `/admin` with 401, `/broken` with 500, `/limited` with 429 from
/// the 21st time on, all else with 404.
fn served() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let asked = Arc::new(AtomicUsize::new(0));
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (mut stream, asked) = (stream.unwrap(), Arc::clone(&asked));
            std::thread::spawn(move || {
                let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
                while let Some(Ok(line)) = lines.next() {
                    let Some(path) = line.split(' ').nth(1).filter(|_| line.ends_with("HTTP/1.1")) else {
                        continue;
                    };
                    let status = match path {
                        "/slow" => {
                            std::thread::sleep(Duration::from_millis(60));
                            "200 OK"
                        }
                        "/" | "/.env" => "200 OK",
                        "/limited" if asked.fetch_add(1, Ordering::SeqCst) < 20 => "200 OK",
                        "/limited" => "429 Too Many Requests\r\nretry-after: 3",
                        "/admin" => "401 Unauthorized",
                        "/broken" => "500 Internal Server Error",
                        _ => "404 Not Found",
                    };
                    let answer =
                        format!("HTTP/1.1 {status}\r\nserver: shop/1.2\r\ncontent-length: 0\r\n\r\n");
                    if stream.write_all(answer.as_bytes()).is_err() {
                        return;
                    }
                }
            });
        }
    });
    format!("http://{address}")
}

/// The items of a configuration, by name.
async fn items(rules: &str) -> BTreeMap<String, Item> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let dir = tempfile::TempDir::new().unwrap();
    let file = dir.path().join("rules.toml");
    let text = format!(
        "[service.shop]\ncontainer = \"shop\"\n[service.shop.health.up]\ndocker = true\n{}",
        rules.replace("ADDRESS", &served())
    );
    std::fs::write(&file, text).unwrap();
    let config = Config::load(&file).unwrap();
    let tools = Tools::new(&Engine::new(Path::new("/nonexistent/docker.sock")).unwrap()).unwrap();
    let mut told = 0;
    let (_quiet, rolls_back) = watch::channel(false);
    let (service, clock) = (&config.services["shop"], Clock::start());
    let with = With { service, tools: &tools, clock: &clock, state_dir: dir.path(), rolls_back };
    let all = run(&service.acceptance, &with, |_| told += 1).await;
    assert_eq!(told, all.len());
    assert!(all.is_sorted_by_key(|item| item.group));
    all.into_iter().map(|item| (item.name.clone(), item)).collect()
}

const EVERY_KIND: &str = r#"
[service.shop.acceptance.home]
url = "ADDRESS/"
[service.shop.acceptance.gone]
url = "ADDRESS/nothing"
[service.shop.acceptance.admin]
url = "ADDRESS/admin"
unauthenticated = [401, 403]
[service.shop.acceptance.open]
url = "ADDRESS/"
unauthenticated = [401, 403]
[service.shop.acceptance.hidden]
url = "ADDRESS"
not-served = ["/.git/HEAD", "/metrics"]
[service.shop.acceptance.shown]
url = "ADDRESS"
not-served = ["/.git/HEAD", "/.env"]
[service.shop.acceptance.unsure]
url = "ADDRESS"
not-served = ["/broken"]
[service.shop.acceptance.away]
url = "ADDRESS"
not-served = ["//shop.example/.env"]
[service.shop.acceptance.headers]
url = "ADDRESS/"
secure-headers = "api"
[service.shop.acceptance.engine]
docker = true
group = "monitoring"
[service.shop.acceptance.file]
file-age = { path = "/", below = "1d" }
[service.shop.acceptance.command]
command = ["true"]
"#;

#[tokio::test]
async fn every_item_says_what_it_saw_in_its_group() {
    let items = items(EVERY_KIND).await;
    let (pass, fail, no_data) = (Verdict::Pass, Verdict::Fail, Verdict::NoData);
    for (name, group, verdict, seen) in [
        ("home", Group::Function, pass, ""),
        ("gone", Group::Function, fail, "status 404, expected 200"),
        ("admin", Group::Security, pass, ""),
        ("open", Group::Security, fail, "status 200, expected 401 or 403"),
        ("hidden", Group::Security, pass, "2 paths are not served"),
        ("shown", Group::Security, fail, "served: /.env (200)"),
        ("unsure", Group::Security, no_data, "/broken: status 500"),
        ("away", Group::Security, no_data, "//shop.example/.env is not a path on that server"),
        (
            "headers",
            Group::Security,
            fail,
            "no x-content-type-options, wanted nosniff; server tells a version: shop/1.2",
        ),
        ("engine", Group::Monitoring, no_data, "Docker"),
        ("command", Group::Function, pass, ""),
    ] {
        let item = &items[name];
        assert_eq!((item.group, item.verdict), (group, verdict), "{item:?}");
        assert!(item.message.contains(seen), "{item:?}");
    }
    let kinds = ["home", "file", "engine", "command"].map(|name| &*items[name].kind);
    assert_eq!(kinds, ["url", "file-age", "docker", "command"]);
    let all: Vec<Item> = items.into_values().collect();
    assert_eq!(of_all(&all), Verdict::Fail);
    let without: Vec<Item> = all.into_iter().filter(|item| item.verdict != Verdict::Fail).collect();
    assert_eq!((of_all(&without), of_all(&[])), (Verdict::NoData, Verdict::NoData));
}

#[tokio::test]
async fn of_many_answers_the_slowest_but_five_in_a_hundred_count() {
    let items = items(
        r#"
        [service.shop.acceptance.fast]
        url = "ADDRESS/"
        max-latency = "1s"
        [service.shop.acceptance.slow]
        url = "ADDRESS/slow"
        max-latency = "20ms"
        times = 5
        [service.shop.acceptance.wrong]
        url = "ADDRESS/nothing"
        max-latency = "1s"
        [service.shop.acceptance.told]
        url = "ADDRESS/"
        times = 1
        "#,
    )
    .await;
    let (fast, slow) = (&items["fast"], &items["slow"]);
    assert_eq!((fast.verdict, fast.spread.unwrap().answered), (Verdict::Pass, 20));
    assert_eq!((slow.verdict, slow.spread.unwrap().answered), (Verdict::Fail, 5));
    let figure = slow.figure.unwrap();
    assert!(figure.value >= 0.06 && figure.limit == Some(0.02), "{figure:?}");
    assert_eq!(items["wrong"].message, "status 404, expected 200");
    assert_eq!((items["told"].verdict, items["told"].figure.unwrap().limit), (Verdict::Pass, None));
    assert!(items.values().all(|item| item.group == Group::Performance));
}

#[tokio::test]
async fn whoever_asks_too_often_is_refused_or_is_not() {
    let items = items(
        r#"
        [service.shop.acceptance.limited]
        url = "ADDRESS/limited"
        rate-limited = { after = 30, within = "20s" }
        [service.shop.acceptance.open]
        url = "ADDRESS/"
        rate-limited = { after = 10, within = "20s" }
        [service.shop.acceptance.slow]
        url = "ADDRESS/slow"
        rate-limited = { after = 1000, within = "100ms" }
        [service.shop.acceptance.away]
        url = "http://127.0.0.1:1/"
        rate-limited = { after = 10, within = "20s" }
        "#,
    )
    .await;
    let told = |name: &str| (items[name].verdict, items[name].message.as_str());
    let (verdict, message) = told("limited");
    assert_eq!(verdict, Verdict::Pass, "{message}");
    assert!(
        message.starts_with("refused (429) after 2") && message.ends_with(", retry-after 3"),
        "{message}"
    );
    let (verdict, message) = told("open");
    assert_eq!(verdict, Verdict::Fail, "{message}");
    assert!(
        message.starts_with("15 requests in ") && message.ends_with(" s, and none refused (429)"),
        "{message}"
    );
    let (verdict, message) = told("slow");
    assert_eq!(verdict, Verdict::NoData, "{message}");
    assert!(message.ends_with(" of 1100 requests were answered within 0.1 s"), "{message}");
    assert_eq!(told("away"), (Verdict::NoData, "after 0 requests: connection refused"));
    assert!(items.values().all(|item| item.group == Group::Security));
}

#[test]
fn a_ci_server_can_read_it() {
    let items = [
        item("home", Verdict::Pass, "12 ms"),
        item("a\"b", Verdict::Fail, "<status> & more\u{202e}\u{1b}[31m"),
        item("data", Verdict::NoData, "nobody knows"),
    ];
    insta::assert_snapshot!(
        String::from_utf8(junit::written("verify", "shop", &items.each_ref().map(junit::Case::of)).unwrap())
            .unwrap()
    );
}
