//! Places, over streams that never leave this process.

use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::*;

/// What is sent here comes in; the peer says whether a place is kept for it.
struct Fake(mpsc::UnboundedReceiver<(DuplexStream, bool)>);

impl Entrance for Fake {
    type Stream = DuplexStream;
    type Peer = bool;

    async fn enter(&mut self) -> io::Result<(DuplexStream, bool)> {
        match self.0.recv().await {
            Some(came) => Ok(came),
            None => std::future::pending().await,
        }
    }

    fn keeps_a_place(peer: &bool) -> bool {
        *peer
    }
}

struct Street {
    come: mpsc::UnboundedSender<(DuplexStream, bool)>,
    door: Door<Fake>,
}

const MOMENT: Duration = Duration::from_millis(100);
const LONG: Duration = Duration::from_secs(20);

impl Street {
    fn of(places: usize, kept: usize) -> Self {
        let (come, comes) = mpsc::unbounded_channel();
        let limits = Limits { places, kept, waiting: 1, ask: LONG, rest: LONG };
        Self { come, door: Door::limited(Fake(comes), limits) }
    }

    /// Somebody comes, and keeps the other end.
    fn comes(&self, keeps: bool) -> DuplexStream {
        let (outside, inside) = tokio::io::duplex(64);
        self.come.send((inside, keeps)).unwrap();
        outside
    }

    async fn seat(&mut self) -> Taken {
        let (line, guest) = tokio::time::timeout(LONG, self.door.accept()).await.expect("there is a place");
        Taken::new(line, guest.seat)
    }

    async fn is_full(&mut self) -> bool {
        tokio::time::timeout(MOMENT, self.door.accept()).await.is_err()
    }
}

/// A connection that is read until it ends.
struct Taken {
    seat: Seat,
    read: JoinHandle<io::Result<usize>>,
}

impl Taken {
    fn new(mut line: Line<DuplexStream>, seat: Seat) -> Self {
        let read = tokio::spawn(async move { line.read_to_end(&mut Vec::new()).await });
        Self { seat, read }
    }

    async fn was_sent_away(self) -> bool {
        drop(self.seat);
        let ended = tokio::time::timeout(LONG, self.read).await.expect("it ends").unwrap();
        ended.is_err_and(|error| error.kind() == io::ErrorKind::TimedOut)
    }
}

/// An entrance of a process that has no file descriptor left, until somebody ends something.
struct Starved {
    refused: u32,
    then: Fake,
}

impl Entrance for Starved {
    type Stream = DuplexStream;
    type Peer = bool;

    async fn enter(&mut self) -> io::Result<(DuplexStream, bool)> {
        if self.refused == 0 {
            return self.then.enter().await;
        }
        self.refused -= 1;
        Err(io::Error::from_raw_os_error(24))
    }
}

#[tokio::test]
async fn without_file_descriptors_it_waits_and_does_not_spin() {
    let (come, comes) = mpsc::unbounded_channel();
    let mut door = Door::new(Starved { refused: 3, then: Fake(comes) });
    let (_outside, inside) = tokio::io::duplex(64);
    come.send((inside, false)).unwrap();
    let mut let_in = std::pin::pin!(door.accept());
    assert!(
        tokio::time::timeout(2 * ACCEPT_AGAIN, &mut let_in).await.is_err(),
        "it pauses after each refusal"
    );
    tokio::time::timeout(LONG, let_in).await.expect("then whoever has come is let in");
}

#[tokio::test]
async fn whoever_has_asked_nothing_for_the_longest_time_makes_room() {
    let mut street = Street::of(2, 0);
    let _outside: Vec<_> = (0..4).map(|_| street.comes(false)).collect();
    let (first, second) = (street.seat().await, street.seat().await);
    first.seat.asked();
    let third = street.seat().await;
    assert!(second.was_sent_away().await, "the first has asked, and came before");
    third.seat.idle();
    first.seat.answered();
    first.seat.idle();
    let _fourth = street.seat().await;
    assert!(third.was_sent_away().await, "the first was answered after it came");
    assert!(!first.read.is_finished());
}

#[tokio::test]
async fn nobody_is_sent_away_before_the_answer() {
    let mut street = Street::of(1, 0);
    let _outside: Vec<_> = (0..3).map(|_| street.comes(false)).collect();
    let first = street.seat().await;
    first.seat.asked();
    assert!(street.is_full().await);
    assert!(!first.read.is_finished());
    first.seat.answered();
    first.seat.idle();
    let second = street.seat().await;
    assert!(first.was_sent_away().await);
    second.read.abort();
    drop(second.seat);
    street.seat().await;
}

#[tokio::test]
async fn a_place_is_kept_for_some() {
    let mut street = Street::of(1, 1);
    let _ordinary: Vec<_> = (0..300).map(|_| street.comes(false)).collect();
    let first = street.seat().await;
    first.seat.asked();
    assert!(street.is_full().await);
    let _master = street.comes(true);
    let master = street.seat().await;
    master.seat.asked();
    let _other = street.comes(true);
    assert!(street.is_full().await, "one place is kept, and it is taken");
    assert!(street.door.before.len() <= BEFORE_THE_DOOR);
    assert!(street.door.before.iter().any(|(_, keeps)| *keeps), "the ordinary go first");
}

#[tokio::test]
async fn whoever_waits_for_news_is_in_nobodys_way() {
    let mut street = Street::of(1, 0);
    let _outside: Vec<_> = (0..2).map(|_| street.comes(false)).collect();
    let first = street.seat().await;
    first.seat.asked();
    assert!(first.seat.waits());
    let second = street.seat().await;
    second.seat.asked();
    assert!(!second.seat.waits(), "one may");
    drop((first.seat, first.read.abort()));
    tokio::time::timeout(LONG, async {
        while !second.seat.waits() {
            tokio::task::yield_now().await;
        }
    })
    .await
    .expect("it is another one's turn");
}

#[tokio::test]
async fn a_request_and_its_answer_have_their_own_time() {
    let (come, comes) = mpsc::unbounded_channel();
    let limits = Limits { ask: MOMENT, rest: 4 * MOMENT, ..Limits::default() };
    let mut door = Door::limited(Fake(comes), limits);
    let (mut outside, inside) = tokio::io::duplex(64);
    come.send((inside, false)).unwrap();
    let (mut line, guest) = door.accept().await;
    guest.seat.asked();
    outside.write_all(b"question").await.unwrap();
    line.read_exact(&mut [0; 8]).await.unwrap();
    let waiting = tokio::time::timeout(2 * MOMENT, line.read_u8()).await;
    assert!(waiting.is_err(), "the answer may take longer than the question");
    line.write_all(b"answer").await.unwrap();
    let waiting = tokio::time::timeout(2 * MOMENT, line.read_u8()).await;
    assert!(waiting.is_err(), "so may the pause");
    outside.write_all(b"q").await.unwrap();
    line.read_u8().await.unwrap();
    assert!(!guest.seat.is_asked());
    let late = tokio::time::timeout(3 * MOMENT, line.read_u8()).await.expect("a question may not");
    assert_eq!(late.unwrap_err().kind(), io::ErrorKind::TimedOut);
}
