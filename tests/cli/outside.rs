//! What golive tells the world by itself: its heartbeat, and a link by which an incident is taken on.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;

use crate::shop::Shop;

/// An endpoint that keeps what it is asked and answers 200.
#[derive(Clone)]
struct Endpoint {
    address: String,
    asked: Arc<Mutex<Vec<(String, String)>>>,
}

impl Endpoint {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = Self { address: listener.local_addr().unwrap().to_string(), asked: Arc::default() };
        let taking = endpoint.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                taking.take(stream.unwrap());
            }
        });
        endpoint
    }

    fn take(&self, stream: TcpStream) {
        let mut stream = BufReader::new(stream);
        let (mut line, mut head, mut length) = (String::new(), String::new(), 0);
        while line != "\r\n" {
            line.clear();
            if stream.read_line(&mut line).unwrap_or(0) == 0 {
                return;
            }
            head.push_str(&line);
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
        }
        let mut body = vec![0; length];
        stream.read_exact(&mut body).unwrap();
        self.asked.lock().unwrap().push((head, String::from_utf8(body).unwrap()));
        let answer = "HTTP/1.1 200 OK\r\ncontent-length: 10\r\nconnection: close\r\n\r\n{\"id\":\"1\"}";
        // Whoever has asked may be gone.
        drop(stream.get_mut().write_all(answer.as_bytes()));
    }

    fn asked(&self) -> Vec<(String, String)> {
        self.asked.lock().unwrap().clone()
    }

    fn until(&self, what: &str, holds: impl Fn(&[(String, String)]) -> bool) {
        for _ in 0..400 {
            if holds(&self.asked()) {
                return;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("not so: {what}\n{:#?}", self.asked());
    }
}

#[test]
fn the_heartbeat_is_heard_as_long_as_golive_lives() {
    let watcher = Endpoint::start();
    let more = format!("[heartbeat]\nurl = \"http://{}/ping/secret\"\nevery = \"1s\"\n", watcher.address);
    let mut shop = Shop::open(&more);
    watcher.until("three beats", |asked| asked.len() >= 3);
    assert!(watcher.asked().iter().all(|(head, _)| head.starts_with("GET /ping/secret ")));
    shop.kill();
    std::thread::sleep(Duration::from_millis(500));
    let heard = watcher.asked().len();
    std::thread::sleep(Duration::from_millis(2500));
    assert_eq!(watcher.asked().len(), heard, "the dead are not heard");
}

#[test]
fn a_heartbeat_that_is_not_heard_is_said_without_its_secret() {
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let shop = Shop::open(&format!("[heartbeat]\nurl = \"http://{nobody}/ping/secret\"\nevery = \"1s\"\n"));
    shop.eventually("status tells", |_| shop.says(0, &["status"]).contains("the heartbeat is not heard"));
    assert!(!shop.says(0, &["status"]).contains("secret"));
    assert!(!shop.story().contains("secret"), "{}", shop.story());
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
    let phone = Endpoint::start();
    let page = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let mut shop = Shop::open(&format!(
        "[page]\nlisten = \"{page}\"\nurl = \"http://{page}\"\n\
         [channel.phone]\nwebhook = {{ url = \"http://{}/alerts\", format = \"ntfy\" }}\n\
         [alert.urgent]\nchannels = [\"phone\"]\n",
        phone.address
    ));
    shop.write("health", "bad\n");
    let link = |(_, body): &(String, String)| {
        let body: Value = serde_json::from_str(body).ok()?;
        let urls: Vec<String> = body["actions"]
            .as_array()?
            .iter()
            .filter_map(|one| Some(one["url"].as_str()?.to_owned()))
            .collect();
        urls.into_iter().find(|url| url.contains("/ack?"))
    };
    phone.until("an alert with a link", |asked| asked.iter().any(|one| link(one).is_some()));
    let link = phone.asked().iter().find_map(link).unwrap();
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
    shop.eventually("the page is back", |_| TcpStream::connect(&page).is_ok());
    assert!(browse(&page, "GET", target).starts_with("HTTP/1.1 410"), "a killed golive remembers that, too");
}
