//! The figures and tables of the two papers, made again.
//!
//! Each [`Item`] states a claim of a paper in a sentence, runs scenarios of `scenarios/papers/`
//! through the library, and measures what the claim says. Its verdict follows from criteria that
//! are checked, never from what the paper says. Where a paper does not give a setting, the scenario
//! says what was chosen, and the item repeats the measurement with other seeds and settings.
//!
//! **W** is Williams et al. (NeurIPS 2019), **S** is Sahs et al. (2022); items `a-...` are of those who cite them. This module knows nothing of
//! the terminal.

mod a_alignment;
mod a_decay;
mod a_label_noise;
mod a_minimum_norm;
mod error;
mod finding;
mod in_process;
mod item;
mod items;
mod pictures;
mod potential;
mod s_cor3;
mod s_fig10;
mod s_fig11;
mod s_fig3;
mod s_fig5;
mod s_fig6;
mod s_fig7;
mod s_fig9;
mod s_lemma1;
mod s_lemma2;
mod s_pde;
mod s_remark1;
mod s_table1;
mod s_table2;
mod s_thm1;
mod s_thm2;
mod s_thm4;
mod s_thm6;
mod stage;
mod trace;
mod w_clt;
mod w_fig1;
mod w_fig2;
mod w_fig3;
mod w_fig4;
mod w_fig5;
mod w_fig6;
mod w_fig7;
mod w_fig8;
mod w_fig9;
mod w_lemma2;
mod w_residuals;

pub use error::ReproduceError;
pub use finding::{Bound, Criterion, Finding, Table, Verdict, spread, with_spread};
pub use item::{Item, Reproduced, markdown, reproduce};
pub use items::{find, items};
pub use potential::{potential, psi};
pub use stage::{Job, Stage};
pub use trace::{Trace, median};
