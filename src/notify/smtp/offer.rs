//! What a smarthost says that it can do, in its answer to EHLO.

/// What golive wants to know of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Offer {
    pub(super) starttls: bool,
    pub(super) eight_bit: bool,
    /// Addresses with other letters than ASCII's (RFC 6531).
    pub(super) utf8: bool,
    /// The ways to log in, in capitals.
    pub(super) logins: Vec<String>,
}

impl Offer {
    /// Keywords are in any case (RFC 5321 §4.1.1.1); old servers write `AUTH=` for clients that are older still.
    pub(super) fn read(lines: &[String]) -> Self {
        let mut offer = Self::default();
        // The first line is a greeting.
        for line in lines.iter().skip(1) {
            let line = line.to_ascii_uppercase();
            let mut words =
                line.split(|c: char| c.is_whitespace() || c == '=').filter(|word| !word.is_empty());
            match words.next() {
                Some("STARTTLS") => offer.starttls = true,
                Some("8BITMIME") => offer.eight_bit = true,
                Some("SMTPUTF8") => offer.utf8 = true,
                Some("AUTH") => {
                    for word in words
                        .filter(|word| !offer.logins.iter().any(|known| known == word))
                        .collect::<Vec<_>>()
                    {
                        offer.logins.push(word.to_owned());
                    }
                }
                Some(_) | None => {}
            }
        }
        offer
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(lines: &[&str]) -> Offer {
        Offer::read(&lines.iter().map(|line| (*line).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn keywords_are_in_any_case_and_old_servers_write_equals() {
        let lower = read(&["mx.example.com", "starttls", "8bitmime", "smtputf8", "auth login plain"]);
        assert!(lower.starttls && lower.eight_bit && lower.utf8, "{lower:?}");
        assert_eq!(lower.logins, ["LOGIN", "PLAIN"]);
        assert_eq!(read(&["mx", "AUTH=LOGIN"]).logins, ["LOGIN"]);
        assert_eq!(read(&["mx", "AUTH LOGIN PLAIN", "AUTH=LOGIN PLAIN"]).logins, ["LOGIN", "PLAIN"]);
        assert_eq!(read(&["mx", "AUTH=", "AUTH", ""]).logins, [""; 0]);
        assert_eq!(read(&["STARTTLS"]), Offer::default(), "a server may be called anything");
        assert_eq!(read(&["mx", "XSTARTTLS", "STARTTLS-NOT"]), Offer::default());
    }
}
