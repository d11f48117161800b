//! Which attempts fail, as news: whoever counts failures need not look at all that is known.

use super::attempt::Attempt;

/// News kept at most; who has missed some looks at everything.
const KEPT: usize = 65_536;

/// Attempts whose failure may have changed, in the order in which that happened.
#[derive(Debug, Default)]
pub struct Failing {
    news: Vec<u32>,
    /// News before these.
    past: u64,
}

impl Failing {
    /// An attempt has changed; it is news if it fails or did.
    pub fn look_at(&mut self, slot: u32, one: &mut Attempt) {
        let fails = one.fails() && !one.gone;
        if fails || one.failed {
            one.failed = fails;
            if self.news.len() >= KEPT {
                self.start_over();
            }
            self.news.push(slot);
        }
    }

    /// All news are past: who counts failures has to look at everything.
    pub fn start_over(&mut self) {
        self.past += self.news.len() as u64 + 1;
        self.news.clear();
    }

    /// The number of the next piece of news.
    pub fn next(&self) -> u64 {
        self.past + self.news.len() as u64
    }

    /// The news from a number on; none where some of them are past.
    pub fn since(&self, number: u64) -> Option<&[u32]> {
        self.news.get(usize::try_from(number.checked_sub(self.past)?).ok()?..)
    }
}
