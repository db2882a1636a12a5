//! Studies: many runs of one scenario, and what they say together.
//!
//! [`sweep`] carries out the product of overrides of any key; a phase study is a sweep whose axes
//! are the invariant, the width and the scaling. What is finished is kept run by run, so that a
//! study that was killed goes on where it was, and shards on several machines make one file.
//! [`WidthPlan`] sets ensembles of finite networks beside the limit of infinite width. This module
//! decides which runs there are, over which threads they go, and what is measured of them; it knows
//! nothing of the terminal, and how a run is stepped is the business of [`run`](crate::run).

mod answer;
mod approach;
mod assemble;
mod base;
mod columns;
mod compare;
mod design;
mod engine;
mod ensemble;
mod error;
mod fingerprint;
mod follow;
mod function;
mod limit;
mod limit_report;
mod observe;
mod overrides;
mod parts;
mod phase;
mod place;
mod plan;
mod pool;
mod record;
mod resolution;
mod start_covariance;
mod sweep;
mod validate;
mod values;
mod variables;
mod views;
mod width;
mod width_file;
mod width_report;
mod width_run;

pub use answer::Answer;
pub use approach::{Approach, Width};
pub use assemble::FORMAT_VERSION;
pub use base::Base;
pub use compare::{Comparison, Distance, Moment, compare};
pub use engine::{Monitor, Times};
pub use ensemble::{Fluctuations, Quantity, WidthRow, mean_and_error};
pub use error::StudyError;
pub(crate) use follow::carry_out;
pub use limit::LimitKind;
pub use limit_report::{COMPARED, LimitReport};
pub use observe::numbers_of_run;
pub use overrides::set;
pub use phase::{PhaseRequest, PhaseRow, Share, phase_plan};
pub use place::Place;
pub use plan::{Axis, Plan, Run, Values};
pub(crate) use pool::side_by_side;
pub use pool::together;
pub use resolution::{parse_scenario, read_scenario, read_without_run};
pub use sweep::{Ended, merge, runs_folder, sweep};
pub use validate::validate_study_file;
pub use values::Swept;
pub use variables::VARIABLES;
pub use width::{WidthPlan, WidthRequest};
pub use width_report::WidthReport;
