//! Invoke: the form that builds one, what is kept from one to the next, and the answer to it.

pub mod answer;
pub mod compare;
pub mod events;
pub mod form;
pub mod history;
pub mod library;
pub mod shelf;
pub mod shelves;
pub mod templates;

pub use answer::Answer;
pub use form::{Field, InvokeForm};
pub use shelves::Shelves;
