//! Studies: many runs of one scenario, and what they say together.
//!
//! [`sweep`] carries out the product of overrides of any key; a phase study is a sweep whose axes
//! are the invariant, the width and the scaling. What is finished is kept run by run, so that a
//! study that was killed goes on where it was, and shards on several machines make one file. This
//! module decides which runs there are, over which threads they go, and what is measured of them;
//! it knows nothing of the terminal, and how a run is stepped is the business of
//! [`run`](crate::run).

mod assemble;
mod engine;
mod error;
mod fingerprint;
mod follow;
mod function;
mod observe;
mod overrides;
mod parts;
mod plan;
mod pool;
mod record;
mod sweep;
mod values;
mod variables;

pub use engine::{Monitor, Times};
pub use error::StudyError;
pub use overrides::set;
pub use plan::{Axis, Base, Plan, Run, Values};
pub use sweep::{Ended, Place, merge, runs_folder, sweep};
pub use values::Swept;
pub use variables::{VARIABLES, Variable};
