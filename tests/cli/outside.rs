//! What golive tells the world by itself: its heartbeat, and a link by which an incident is taken on.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use golive_fixtures::port::free_address;
use golive_fixtures::receiver::Receiver;
use golive_fixtures::until::PATIENCE;
use serde_json::Value;

use crate::shop::Shop;

/// Takes everything, as a provider that gives each message an id.
fn provider() -> Receiver {
    Receiver::answering(|_| ("200 OK", r#"{"id":"1"}"#.to_owned()))
}

#[test]
fn the_heartbeat_is_heard_as_long_as_golive_lives() {
    let watcher = provider();
    let more = format!("[heartbeat]\nurl = \"{}\"\nevery = \"1s\"\n", watcher.url("/ping/secret"));
    let shop = Shop::open(&more);
    watcher.find(PATIENCE, "three beats", |asked| (asked.len() >= 3).then_some(()));
    assert!(watcher.requests().iter().all(|asked| asked.head.starts_with("GET /ping/secret ")));
    shop.kill();
    std::thread::sleep(Duration::from_millis(500));
    let heard = watcher.requests().len();
    std::thread::sleep(Duration::from_millis(2500));
    assert_eq!(watcher.requests().len(), heard, "the dead are not heard");
}

#[test]
fn a_heartbeat_that_is_not_heard_is_said_without_its_secret() {
    let nobody = free_address();
    let shop = Shop::open(&format!("[heartbeat]\nurl = \"http://{nobody}/ping/secret\"\nevery = \"1s\"\n"));
    shop.eventually("status tells", || shop.says(0, &["status"]).contains("the heartbeat is not heard"));
    assert!(!shop.says(0, &["status"]).contains("secret"));
    assert!(!shop.logged().contains("secret"));
}

/// The request line and the answer to it.
fn browse(address: &str, method: &str, target: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    let request = format!(
        "{method} {target} HTTP/1.1\r\nhost: {address}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn an_incident_is_taken_on_by_the_link_in_its_alert_once() {
    let phone = provider();
    let page = free_address();
    let shop = Shop::open(&format!(
        "[page]\nlisten = \"{page}\"\nurl = \"http://{page}\"\n\
         [channel.phone]\nwebhook = {{ url = \"{}\", format = \"ntfy\" }}\n\
         [alert.urgent]\nchannels = [\"phone\"]\n",
        phone.url("/alerts")
    ));
    shop.write("health", "bad\n");
    let link = phone.find(PATIENCE, "an alert with a link", |asked| {
        let actions =
            asked.iter().flat_map(|asked| asked.json()["actions"].as_array().cloned().unwrap_or_default());
        let mut urls = actions.filter_map(|action| Some(action["url"].as_str()?.to_owned()));
        urls.find(|url| url.contains("/ack?"))
    });
    let target = link.strip_prefix(&format!("http://{page}")).unwrap();
    let open = |shop: &Shop| {
        let incidents: Value = serde_json::from_str(&shop.says(0, &["incidents", "--json"])).unwrap();
        incidents[0]["state"].as_str().unwrap().to_owned()
    };
    assert!(browse(&page, "GET", target).starts_with("HTTP/1.1 200"));
    assert_eq!(open(&shop), "open", "looking at it takes nothing on");
    assert!(browse(&page, "POST", target).starts_with("HTTP/1.1 200"));
    assert_eq!(open(&shop), "acknowledged");
    assert!(browse(&page, "POST", target).starts_with("HTTP/1.1 410"), "once");
    shop.kill();
    shop.start();
    shop.eventually("the page is back", || TcpStream::connect(&page).is_ok());
    assert!(browse(&page, "GET", target).starts_with("HTTP/1.1 410"), "a killed golive remembers that, too");
}
