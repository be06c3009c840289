use super::*;

fn counted(pieces: &[(u8, &str)]) -> Lines {
    let (mut lines, is_meant) = (Lines::default(), |line: &[u8]| line.starts_with(b"ERROR"));
    for (output, text) in pieces {
        lines.take(*output, text.as_bytes(), &is_meant);
    }
    lines.end(&is_meant);
    lines
}

#[test]
fn lines_of_both_outputs_are_put_together_from_their_pieces() {
    let pieces = [(1, "ERR"), (2, "ERROR two\n"), (1, "OR one\nfine\n"), (2, "ERROR th"), (2, "ree")];
    let lines = counted(&pieces);
    assert_eq!((lines.meant, lines.last.as_deref(), lines.cut), (3, Some("ERROR three"), false));
    let lines = counted(&[(1, "ERROR\nERROR\r\n\n\nERRO")]);
    assert_eq!((lines.meant, lines.last.as_deref()), (2, Some("ERROR")), "a terminal's \\r is no part of it");
    assert_eq!(counted(&[]).meant, 0);
}

#[test]
fn of_a_line_without_an_end_only_the_beginning_is_held() {
    let (mut lines, is_meant) = (Lines::default(), |line: &[u8]| line.ends_with(b"x"));
    for _ in 0..1000 {
        lines.take(1, &[b'x'; 1000], &is_meant);
    }
    assert_eq!(lines.begun[1].len(), LONGEST);
    lines.take(1, b"y\nx\n", &is_meant);
    assert_eq!(lines.meant, 2, "the end of the long one is not looked at");
    let last = counted(&[(1, &format!("ERROR {}\n", "é".repeat(1000)))]).last.unwrap();
    assert!(last.len() <= KEPT + 3, "{}", last.len());
}

#[test]
fn what_is_more_than_may_be_read_is_said_to_be_cut() {
    let piece = [(1, "ERROR\n")];
    let almost = counted(&piece.repeat(LINES_MAX as usize - 1));
    assert_eq!((almost.meant, almost.cut), (u64::from(LINES_MAX) - 1, false));
    let full = counted(&piece.repeat(LINES_MAX as usize));
    assert_eq!((full.meant, full.cut), (u64::from(LINES_MAX), true));
    let mut both = full;
    both.add(almost);
    assert_eq!((both.meant, both.cut), (2 * u64::from(LINES_MAX) - 1, true));
}

#[test]
fn what_the_engine_says_of_itself_is_no_line() {
    let lines = counted(&[(1, "ERROR\n"), (3, "ERROR grabbing logs: EOF\n")]);
    assert_eq!((lines.meant, lines.broken.as_deref()), (1, Some("ERROR grabbing logs: EOF")));
}
