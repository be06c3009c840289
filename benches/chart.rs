//! How long a picture takes, and a whole mail with one: `cargo bench --bench chart`. The mail has 50 ms.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark says what it found")]
#![expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use golive::config::Config;
use golive::decide::curve::{Curve, Mark, Point};
use golive::model::notice::{News, Notice, Place, Tier};
use golive::model::reason::{Reason, Unit};
use golive::notify::{Envelope, Notifier};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

const ROUNDS: usize = 200;

fn main() {
    // `cargo test --benches` only builds it.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    for points in [30, 120, 480] {
        let curve = curve(points);
        let mut bytes = 0;
        let took = (0..ROUNDS).map(|_| {
            let began = Instant::now();
            bytes = golive::chart::png(&curve, &TimeZone::UTC).len();
            began.elapsed()
        });
        let took = spread(took.collect());
        println!("{points} points: {bytes} bytes, {took}");
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(mails(&curve(480)));
}

fn curve(points: i32) -> Curve {
    let at = |step: i32| first() + SignedDuration::from_secs(i64::from(step) * 20);
    let mark = |step, version: &str| Some(Mark { at: at(step), version: version.to_owned() });
    let value =
        |step: i32| f64::from(step * 7919 % 101) / 2_000.0 + if step > points / 2 { 0.05 } else { 0.0 };
    let point = |step| Point { at: at(step), value: value(step), bad: value(step) > 0.05 };
    Curve {
        of: "error-rate".to_owned(),
        points: (0..points).map(point).collect(),
        unit: Unit::Ratio,
        limit: Some(0.05),
        released: mark(points / 2, "1.4.2"),
        rolled_back: mark(points - 5, "1.4.1"),
    }
}

fn first() -> Timestamp {
    "2026-03-01T10:00:00Z".parse().unwrap()
}

/// Text, HTML and picture: from the notice until the smarthost is called, which is when all of it is there.
async fn mails(curve: &Curve) {
    rustls::crypto::ring::default_provider().install_default().unwrap();
    let (address, mails) = smarthost();
    let dir = tempfile::tempdir().unwrap();
    let rules = dir.path().join("rules.toml");
    let channel = format!(
        "[channel.mail]\nemail = {{ to = [\"ann@example.com\"], from = \"golive@example.com\", smtp = \"smtp://{address}\" }}\n"
    );
    std::fs::write(&rules, channel).unwrap();
    let notifier = Notifier::new(&Config::load(&rules).unwrap());
    let (notice, mut took, mut bytes) = (notice(), Vec::new(), 0);
    for _ in 0..ROUNDS {
        let envelope = Envelope { curve: Some(curve), ..Envelope::first(&notice, first()) };
        let began = Instant::now();
        notifier.deliver("mail", "ann@example.com", &envelope).await.unwrap();
        let (called, mail) = mails.recv().unwrap();
        assert!(mail.contains("text/plain") && mail.contains("text/html") && mail.contains("image/png"));
        took.push(called.duration_since(began));
        bytes = mail.len();
    }
    println!("a mail with the last: {bytes} bytes, {}", spread(took));
}

fn notice() -> Notice {
    Notice {
        id: "shop-1.1".to_owned(),
        incident: "shop-1".to_owned(),
        tier: Tier::Urgent,
        news: News::RollbackStarted,
        service: Some("shop".to_owned()),
        at: first(),
        release: Some("shop-20260301-100000".to_owned()),
        from: Some("1.4.2".to_owned()),
        to: Some("1.4.1".to_owned()),
        reason: Some(Reason::Said("too many requests fail".to_owned())),
        blame: None,
        evidence: Vec::new(),
        acknowledgeable: true,
        place: Place::default(),
    }
}

/// Takes every mail; when it was called for each, and what it was given.
fn smarthost() -> (String, Receiver<(Instant, String)>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let (send, mails) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let called = Instant::now();
            take(stream.unwrap(), called, &send).unwrap();
        }
    });
    (address, mails)
}

fn take(stream: TcpStream, called: Instant, send: &Sender<(Instant, String)>) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    stream.get_mut().write_all(b"220 bench\r\n")?;
    let (mut line, mut mail) = (String::new(), None::<String>);
    while stream.read_line(&mut line)? > 0 {
        let answer = match &mut mail {
            Some(text) if line != ".\r\n" => {
                text.push_str(&line);
                ""
            }
            Some(_) => {
                // The benchmark may be over.
                drop(send.send((called, mail.take().unwrap_or_default())));
                "250 taken\r\n"
            }
            None if line.starts_with("DATA") => {
                mail = Some(String::new());
                "354 go on\r\n"
            }
            None if line.starts_with("QUIT") => "221 bye\r\n",
            None => "250 ok\r\n",
        };
        stream.get_mut().write_all(answer.as_bytes())?;
        line.clear();
    }
    Ok(())
}

fn spread(mut took: Vec<Duration>) -> String {
    took.sort_unstable();
    format!("median {:.1?}, p99 {:.1?}", took[took.len() / 2], took[took.len() * 99 / 100])
}
