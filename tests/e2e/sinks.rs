//! Where alerts arrive: a real SMTP conversation and a real HTTP endpoint, each of which can be down.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::Value;

#[derive(Clone)]
pub(crate) struct Sinks {
    pub(crate) smtp_port: u16,
    pub(crate) hook_port: u16,
    down: Arc<AtomicBool>,
    mails: Arc<Mutex<Vec<String>>>,
    posts: Arc<Mutex<Vec<Value>>>,
}

impl Sinks {
    pub(crate) fn start() -> Self {
        let smtp = TcpListener::bind("127.0.0.1:0").unwrap();
        let hook = TcpListener::bind("127.0.0.1:0").unwrap();
        let sinks = Self {
            smtp_port: smtp.local_addr().unwrap().port(),
            hook_port: hook.local_addr().unwrap().port(),
            down: Arc::default(),
            mails: Arc::default(),
            posts: Arc::default(),
        };
        let (mail, post) = (sinks.clone(), sinks.clone());
        std::thread::spawn(move || mail.serve(&smtp, Self::take_mail));
        std::thread::spawn(move || post.serve(&hook, Self::take_post));
        sinks
    }

    /// While down, connections are closed at once.
    pub(crate) fn set_down(&self, down: bool) {
        self.down.store(down, Ordering::SeqCst);
    }

    /// The subjects of all mails, in the order they came.
    pub(crate) fn subjects(&self) -> Vec<String> {
        let mails = self.mails.lock().unwrap();
        let subject = |mail: &String| {
            let head = mail.split("\n\n").next().unwrap_or_default().replace("\n ", "");
            head.lines().find_map(|line| line.strip_prefix("Subject: ")).unwrap_or_default().to_owned()
        };
        mails.iter().map(subject).collect()
    }

    /// All mails as they came.
    pub(crate) fn mails(&self) -> Vec<String> {
        self.mails.lock().unwrap().clone()
    }

    /// The webhook bodies of one event, in the order they came.
    pub(crate) fn posts(&self, event: &str) -> Vec<Value> {
        let posts = self.posts.lock().unwrap();
        posts.iter().filter(|post| post["data"]["event"] == event).cloned().collect()
    }

    /// How many were urgent.
    pub(crate) fn urgent(&self) -> usize {
        let posts = self.posts.lock().unwrap();
        posts.iter().filter(|post| post["data"]["tier"] == "urgent").count()
    }

    fn serve(&self, listener: &TcpListener, take: fn(&Self, TcpStream) -> std::io::Result<()>) {
        for stream in listener.incoming() {
            let (this, stream) = (self.clone(), stream.unwrap());
            if self.down.load(Ordering::SeqCst) {
                continue;
            }
            std::thread::spawn(move || drop(take(&this, stream)));
        }
    }

    fn take_mail(&self, stream: TcpStream) -> std::io::Result<()> {
        let mut write = stream.try_clone()?;
        let mut lines = BufReader::new(stream).lines();
        write.write_all(b"220 test ESMTP\r\n")?;
        while let Some(line) = lines.next().transpose()? {
            let verb = line.split_whitespace().next().unwrap_or_default().to_ascii_uppercase();
            match verb.as_str() {
                "QUIT" => return write.write_all(b"221 bye\r\n"),
                "DATA" => {
                    write.write_all(b"354 go on\r\n")?;
                    let mut mail = String::new();
                    while let Some(line) = lines.next().transpose()?
                        && line != "."
                    {
                        mail.push_str(&line);
                        mail.push('\n');
                    }
                    self.mails.lock().unwrap().push(mail);
                    write.write_all(b"250 taken\r\n")?;
                }
                _ => write.write_all(b"250 ok\r\n")?,
            }
        }
        Ok(())
    }

    fn take_post(&self, stream: TcpStream) -> std::io::Result<()> {
        let mut write = stream.try_clone()?;
        let mut read = BufReader::new(stream);
        loop {
            let mut length = 0;
            loop {
                let mut line = String::new();
                if read.read_line(&mut line)? == 0 || self.down.load(Ordering::SeqCst) {
                    return Ok(());
                }
                if line == "\r\n" {
                    break;
                }
                if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                    length = value.trim().parse().unwrap();
                }
            }
            let mut body = vec![0; length];
            read.read_exact(&mut body)?;
            self.posts.lock().unwrap().push(serde_json::from_slice(&body)?);
            write.write_all(b"HTTP/1.1 204 No Content\r\n\r\n")?;
        }
    }
}
