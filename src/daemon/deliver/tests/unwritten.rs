//! A store that can be read and not written while deliveries are delivered.

use super::*;

fn sql(dir: &Path, sql: &str) {
    rusqlite::Connection::open(dir.join("golive.db")).unwrap().execute_batch(sql).unwrap();
}

/// What became of a delivery cannot be written down, whatever it is.
const FULL: &str = "CREATE TRIGGER full BEFORE UPDATE ON delivery WHEN NEW.attempts > OLD.attempts OR NEW.state <> OLD.state \
                    BEGIN SELECT RAISE(FAIL, 'database or disk is full'); END";

#[tokio::test]
async fn while_nothing_can_be_written_every_address_is_told_once() {
    let (dir, clock) = (tempfile::tempdir().unwrap(), Clock::start());
    let mut servers = Vec::new();
    for status in [200, 200, 200, 200, 503, 400] {
        let server = MockServer::start().await;
        Mock::given(any()).respond_with(ResponseTemplate::new(status)).mount(&server).await;
        servers.push(server);
    }
    let names: Vec<String> = (0..servers.len()).map(|number| format!("c{number}")).collect();
    let urls: Vec<String> = servers.iter().map(MockServer::uri).collect();
    let channels: Vec<(&str, &str)> =
        names.iter().zip(&urls).map(|(name, url)| (name.as_str(), url.as_str())).collect();
    let notifier = notifier(dir.path(), &channels);
    let deliveries = names.iter().map(|name| delivery(name, &format!("u-{name}"), Tier::Urgent, clock.now()));
    post(dir.path(), deliveries.collect(), clock).await;
    sql(dir.path(), FULL);
    let _pump = pump(dir.path(), notifier, Vec::new(), clock).await;
    until("all six addresses were tried", async || {
        let mut tried = 0;
        for server in &servers {
            tried += usize::from(posts(server).await > 0);
        }
        tried == servers.len()
    })
    .await;
    tokio::time::sleep(Duration::from_millis(600)).await;
    for server in &servers {
        assert_eq!(posts(server).await, 1, "nobody is told twice because of it");
    }
    sql(dir.path(), "DROP TRIGGER full");
    let sent = "SELECT COUNT(*) FROM delivery WHERE state = 'sent'";
    let count = || {
        let connection = rusqlite::Connection::open(dir.path().join("golive.db")).unwrap();
        connection.query_row(sent, [], |row| row.get::<_, i64>(0)).unwrap()
    };
    until("it is written down once that can be", async || count() == 4).await;
}
