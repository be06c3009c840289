use std::fs::File as Opened;

use tempfile::TempDir;

use super::*;
use crate::probe::tests::stage::failed;

const DAY: Duration = Duration::from_hours(24);

/// Made so long before now; after now, where that is negative.
fn made(path: &Path, hours: i64) {
    let file = Opened::create(path).unwrap();
    let by = Duration::from_hours(hours.unsigned_abs());
    let now = SystemTime::from(Clock::wall());
    file.set_modified(if hours < 0 { now + by } else { now - by }).unwrap();
}

async fn seen(path: &Path) -> (Outcome, Option<Figure>) {
    File::new(&FileAge { path: path.to_owned(), below: DAY }).look().await
}

#[tokio::test]
async fn a_file_is_new_old_or_not_there() {
    let dir = TempDir::new().unwrap();
    let dump = dir.path().join("shop.dump");
    assert_eq!(seen(&dump).await, (failed("there is no such file"), None));
    made(&dump, 2);
    let (outcome, figure) = seen(&dump).await;
    let figure = figure.unwrap();
    assert_eq!((outcome, figure.limit), (Outcome::Ok, Some(86_400.0)));
    assert!((7200.0..7260.0).contains(&figure.value), "{figure:?}");
    made(&dump, 30);
    assert_eq!(seen(&dump).await.0, failed("it was written 30h ago, allowed 24h"));
    let below = dump.join("deeper");
    assert_eq!(seen(&below).await.0, failed("there is no such file"));
}

#[tokio::test]
async fn of_a_directory_the_newest_file_counts() {
    let dir = TempDir::new().unwrap();
    assert_eq!(seen(dir.path()).await.0, failed("there is no file in the directory"));
    std::fs::create_dir(dir.path().join("new")).unwrap();
    for (name, hours) in [("monday", 60), ("tuesday", 36)] {
        made(&dir.path().join(name), hours);
    }
    assert_eq!(seen(dir.path()).await.0, failed("it was written 36h ago, allowed 24h"));
    made(&dir.path().join("wednesday"), 12);
    assert_eq!(seen(dir.path()).await.0, Outcome::Ok);
}

#[tokio::test]
async fn a_time_that_is_still_to_come_tells_nothing() {
    let dir = TempDir::new().unwrap();
    let dump = dir.path().join("shop.dump");
    made(&dump, -3);
    let (outcome, figure) = seen(&dump).await;
    assert!(matches!(&outcome, Outcome::Blind(why) if why.ends_with("from now")), "{outcome:?}");
    assert_eq!(figure, None);
    // A file server's clock may be a little ahead.
    Opened::create(&dump)
        .unwrap()
        .set_modified(SystemTime::from(Clock::wall()) + Duration::from_mins(2))
        .unwrap();
    assert_eq!(seen(&dump).await.0, Outcome::Ok);
}
