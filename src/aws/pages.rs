//! Following page tokens without being led round in circles.

use std::collections::HashSet;

/// The pages of one question: stops at the last one, at a token that comes a second time, and at a cap.
pub(super) struct Pages {
    seen: HashSet<String>,
    left: usize,
    cut: bool,
}

impl Pages {
    /// At most `cap` pages.
    pub(super) fn up_to(cap: usize) -> Pages {
        Pages { seen: HashSet::new(), left: cap.saturating_sub(1), cut: false }
    }

    /// The token to ask the next page with; none when there is nothing more to ask.
    pub(super) fn follow(&mut self, token: Option<&str>) -> Option<String> {
        let token = token.filter(|token| !token.is_empty())?;
        if self.left == 0 {
            self.cut = true;
            return None;
        }
        if !self.seen.insert(token.to_string()) {
            return None;
        }
        self.left -= 1;
        Some(token.to_string())
    }

    /// Whether there would have been more.
    pub(super) fn cut(&self) -> bool {
        self.cut
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_at_the_last_page_at_a_repetition_and_at_the_cap() {
        let mut pages = Pages::up_to(10);
        assert_eq!(pages.follow(Some("a")), Some("a".into()));
        assert_eq!(pages.follow(None), None);
        assert_eq!(pages.follow(Some("")), None);
        assert_eq!(pages.follow(Some("a")), None);
        assert!(!pages.cut());
        let mut pages = Pages::up_to(3);
        let asked = (0..).map_while(|n| pages.follow(Some(&n.to_string()))).count();
        assert_eq!((asked, pages.cut()), (2, true));
    }
}
