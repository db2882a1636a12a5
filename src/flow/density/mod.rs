//! The density of the measure, solved for without particles (mathematics, section 16).
//!
//! Cells end at boundaries. What a boundary holds is a line density of its own. A step shifts every column of cells
//! along `q`, turns every row along `theta`, and shifts again; each is a remap in which no mass is lost: every face
//! is traced back, and the mass of a cell is what lay between the feet of its faces.

mod columns;
mod coordinate;
mod crossing;
mod ensemble;
mod grid;
mod housekeeping;
mod invariants;
mod layout;
mod neuron_slices;
mod nodes;
mod parabola;
mod parts;
mod places;
mod possible;
mod released;
mod rows;
mod shift;
mod slice;
mod slow;
mod split;
mod start;
mod sums;
mod transport;
mod turn;
mod view;

pub use columns::Density;
pub use ensemble::{Ensemble, begin};
pub use invariants::Invariants;
pub use nodes::{NeuronNode, Nodes, neuron_nodes};
pub use places::Places;
pub use possible::density_is_possible;
pub use view::{Densities, DensityGrid, View};
