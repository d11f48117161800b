//! Concurrency as it stands: the account's, the function's, and who uses what.

use crate::store::Store;

/// Concurrency of one function and of the account around it, as of the newest settled minute.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Concurrency {
    /// AccountLimit.ConcurrentExecutions.
    pub account_limit: Option<f64>,
    /// AccountLimit.UnreservedConcurrentExecutions: what functions without a reserve share.
    pub unreserved_limit: Option<f64>,
    /// ClaimedAccountConcurrency: unreserved in use, and all that is reserved, and what is provisioned of functions
    /// without a reserve.
    pub claimed: Option<f64>,
    /// UnreservedConcurrentExecutions in use.
    pub unreserved_in_use: Option<f64>,
    /// What functions without a reserve can still use.
    pub unreserved_left: Option<f64>,
    /// The function's reserve. Outer `None`: not known yet; inner: it has none.
    pub reserved: Option<Option<u32>>,
    /// The function's ConcurrentExecutions.
    pub in_use: Option<f64>,
    /// The most of it in the window, with the minute.
    pub peak: Option<(crate::time::Moment, f64)>,
    /// The largest rise from one bucket to the next within the window, and the bucket it rose to.
    pub growth: Option<(crate::time::Moment, f64)>,
    /// Seconds per bucket that `growth` is of.
    pub period: u32,
    /// By alias or version.
    pub provisioned: Vec<Provisioned>,
}

/// Provisioned concurrency of an alias or version.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Provisioned {
    /// Alias or version.
    pub qualifier: String,
    /// Asked for.
    pub requested: u32,
    /// There.
    pub allocated: u32,
    /// There and ready for invocations.
    pub available: u32,
    /// ProvisionedConcurrentExecutions, newest settled minute.
    pub in_use: Option<f64>,
    /// ProvisionedConcurrencyUtilization, the most in the window, 0 to 1.
    pub utilization: Option<f64>,
    /// Invocations that spilled over, in the window; none where it is not known.
    pub spilled: Option<f64>,
    /// The same of all invocations of the alias, 0 to 1.
    pub spilled_share: Option<f64>,
}

/// What an entry of the pool is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Share {
    /// It has a reserve of this size, and takes nothing from the pool.
    Reserved(u32),
    /// It has no reserve; its share of the unreserved limit, 0 to 1.
    Unreserved(f64),
    /// Whether it has a reserve is not known; its share of the account's limit, 0 to 1.
    NotKnown(f64),
    /// What is left when those measured are taken from what is in use; so many functions are not measured.
    NotMeasured(usize),
}

/// How the function and the account stand.
pub fn concurrency(_store: &Store, _function: &str) -> Concurrency {
    Concurrency::default()
}

/// Who uses concurrency now (newest settled minute), the largest first, as far as it is measured: (name, environments in
/// use, what that is). The last entry, with an empty name, is what is not measured, where something is not.
pub fn pool(_store: &Store) -> Vec<(String, f64, Share)> {
    Vec::new()
}
