//! A stand-in for a host with many containers: a socket in front of the engine that adds containers which golive has
//! nothing to do with to its lists, answers for them, and adds what happens to them to its events. All else is the
//! engine's own word.

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

pub(crate) const CONTAINERS: usize = 500;
pub(crate) const EVENTS_A_MINUTE: u32 = 2000;

/// What happens to each, in this order, all of which golive asks to hear of.
const LIFE: [&str; 6] = ["create", "start", "kill", "die", "rename", "destroy"];

/// What is common to all their ids.
const MARK: &str = "c70ed000";

#[derive(Clone)]
struct Crowd {
    engine: PathBuf,
    /// What the engine shows of a container of golive's: theirs look like it.
    like: Arc<Value>,
}

/// Listens there until the process ends; the crowd's containers look like that inspect.
pub(crate) fn start(listen: &Path, engine: &Path, like: Value) {
    let listener = UnixListener::bind(listen).unwrap();
    let crowd = Crowd { engine: engine.to_owned(), like: Arc::new(like) };
    std::thread::spawn(move || {
        for client in listener.incoming() {
            let (crowd, client) = (crowd.clone(), client.unwrap());
            // Whoever has gone meanwhile misses nothing.
            std::thread::spawn(move || drop(crowd.serve(client)));
        }
    });
}

impl Crowd {
    /// One request, on a connection of its own.
    fn serve(&self, mut client: UnixStream) -> std::io::Result<()> {
        let mut read = BufReader::new(client.try_clone()?);
        let (mut head, mut length) = (Vec::new(), 0);
        loop {
            let mut line = String::new();
            if read.read_line(&mut line)? == 0 {
                return Ok(());
            }
            let lower = line.to_ascii_lowercase();
            if let Some(value) = lower.strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
            if line == "\r\n" {
                break;
            }
            if !lower.starts_with("connection:") {
                head.push(line);
            }
        }
        let mut body = vec![0; length];
        read.read_exact(&mut body)?;
        let first = head[0].clone();
        let path = first.split(' ').nth(1).unwrap_or_default();
        let asked = path.split('?').next().unwrap_or_default();
        if let Some(id) = asked.split('/').find(|part| part.starts_with(MARK)) {
            return answer(&mut client, &self.inspect(id));
        }
        let mut engine = UnixStream::connect(&self.engine)?;
        write!(engine, "{}Connection: close\r\n\r\n", head.concat())?;
        engine.write_all(&body)?;
        if asked.ends_with("/events") && !path.contains("until=") {
            return self.events(client, engine);
        }
        if asked.ends_with("/containers/json") && !path.contains("filters=") {
            let mut all: Vec<Value> = serde_json::from_slice(&whole(engine)?)?;
            all.extend((0..CONTAINERS).map(|n| self.listed(n)));
            return answer(&mut client, &Value::from(all));
        }
        std::io::copy(&mut engine, &mut client)?;
        Ok(())
    }

    /// The engine's own events, and the crowd's among them.
    fn events(&self, client: UnixStream, engine: UnixStream) -> std::io::Result<()> {
        let client = Arc::new(Mutex::new(client));
        let head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n";
        client.lock().unwrap().write_all(head)?;
        let (crowd, among) = (self.clone(), Arc::clone(&client));
        std::thread::spawn(move || {
            for n in 0.. {
                std::thread::sleep(Duration::from_mins(1) / EVENTS_A_MINUTE);
                let event = format!("{}\n", crowd.event(n));
                if chunk(&among, event.as_bytes()).is_err() {
                    return;
                }
            }
        });
        let mut read = BufReader::new(engine);
        skip_head(&mut read)?;
        while let Some(bytes) = next_chunk(&mut read)? {
            chunk(&client, &bytes)?;
        }
        client.lock().unwrap().shutdown(std::net::Shutdown::Both)
    }

    fn inspect(&self, id: &str) -> Value {
        let mut inspect = (*self.like).clone();
        inspect["Id"] = id.into();
        inspect["Name"] = format!("/crowd-{id}").into();
        inspect
    }

    fn listed(&self, n: usize) -> Value {
        let (id, like) = (id(n), &self.like);
        json!({
            "Id": id, "Names": [format!("/crowd-{id}")], "Image": like["Config"]["Image"], "ImageID": like["Image"],
            "Command": "/bin/serve", "Created": 1_700_000_000, "Ports": [], "Labels": like["Config"]["Labels"],
            "State": "running", "Status": "Up 3 days", "HostConfig": { "NetworkMode": "default" },
            "NetworkSettings": like["NetworkSettings"], "Mounts": like["Mounts"],
        })
    }

    fn event(&self, n: usize) -> Value {
        let (id, action) = (id(n / LIFE.len() % CONTAINERS), LIFE[n % LIFE.len()]);
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let mut attributes = self.like["Config"]["Labels"].clone();
        for (key, value) in [("name", &*format!("crowd-{id}")), ("image", "crowd:1"), ("exitCode", "0")] {
            attributes[key] = value.into();
        }
        json!({
            "status": action, "id": id, "from": "crowd:1", "Type": "container", "Action": action,
            "Actor": { "ID": id, "Attributes": attributes }, "scope": "local",
            "time": now.as_secs(), "timeNano": u64::try_from(now.as_nanos()).unwrap(),
        })
    }
}

fn id(n: usize) -> String {
    format!("{MARK}{n:056x}")
}

fn answer(client: &mut UnixStream, body: &Value) -> std::io::Result<()> {
    let body = body.to_string();
    let length = body.len();
    let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length:";
    write!(client, "{head} {length}\r\n\r\n{body}")
}

fn chunk(client: &Mutex<UnixStream>, bytes: &[u8]) -> std::io::Result<()> {
    let head = format!("{:x}\r\n", bytes.len());
    client.lock().unwrap().write_all(&[head.as_bytes(), bytes, b"\r\n"].concat())
}

/// Whether the body comes in chunks.
fn skip_head(read: &mut impl BufRead) -> std::io::Result<bool> {
    let mut chunked = false;
    loop {
        let mut line = String::new();
        if read.read_line(&mut line)? == 0 || line == "\r\n" {
            return Ok(chunked);
        }
        chunked |= line.to_ascii_lowercase().starts_with("transfer-encoding: chunked");
    }
}

/// `None` at the end.
fn next_chunk(read: &mut impl BufRead) -> std::io::Result<Option<Vec<u8>>> {
    let mut line = String::new();
    read.read_line(&mut line)?;
    let length = usize::from_str_radix(line.trim(), 16).unwrap_or(0);
    let mut bytes = vec![0; length + 2];
    if length == 0 || read.read_exact(&mut bytes).is_err() {
        return Ok(None);
    }
    bytes.truncate(length);
    Ok(Some(bytes))
}

fn whole(engine: UnixStream) -> std::io::Result<Vec<u8>> {
    let mut read = BufReader::new(engine);
    let mut body = Vec::new();
    if skip_head(&mut read)? {
        while let Some(bytes) = next_chunk(&mut read)? {
            body.extend(bytes);
        }
    } else {
        read.read_to_end(&mut body)?;
    }
    Ok(body)
}
