//! Request ids are random already: a multiplication with secret numbers is hash enough, and a third of the price of std's.

use std::hash::{BuildHasher, Hasher, RandomState};

/// Secret numbers, so that nobody who writes log lines can choose ids that fall together.
#[derive(Clone, Debug)]
pub struct Secret(u64, u64);

impl Default for Secret {
    fn default() -> Secret {
        let random = RandomState::new();
        Secret(random.hash_one(1_u8), random.hash_one(2_u8))
    }
}

impl BuildHasher for Secret {
    type Hasher = Folded;

    fn build_hasher(&self) -> Folded {
        Folded { secret: (self.0, self.1), hash: 0 }
    }
}

/// A hash in the making.
pub struct Folded {
    secret: (u64, u64),
    hash: u64,
}

impl Hasher for Folded {
    fn write_u128(&mut self, number: u128) {
        let (low, high) = (number as u64 ^ self.secret.0 ^ self.hash, (number >> 64) as u64 ^ self.secret.1);
        let folded = u128::from(low) * u128::from(high);
        self.hash = folded as u64 ^ (folded >> 64) as u64;
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u128(u128::from(*byte));
        }
    }

    fn finish(&self) -> u64 {
        self.hash
    }
}
