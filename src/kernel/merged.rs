//! Two ascending lists of points as one.

/// Points of the function norm and of the grid, in one ascending list.
pub(super) struct Merged {
    points: Vec<f64>,
    /// Where the points of the grid are.
    grid_at: Vec<usize>,
}

impl Merged {
    pub fn new(nodes: &[f64], grid: &[f64]) -> Merged {
        let mut merged = Merged { points: Vec::with_capacity(nodes.len() + grid.len()), grid_at: vec![] };
        let mut before = 0;
        for &point in grid {
            let until = before + nodes[before..].partition_point(|&node| node < point);
            merged.points.extend(&nodes[before..until]);
            merged.grid_at.push(merged.points.len());
            merged.points.push(point);
            before = until;
        }
        merged.points.extend(&nodes[before..]);
        merged
    }

    pub fn points(&self) -> &[f64] {
        &self.points
    }

    /// Values at the nodes and on the grid as values at the points.
    pub fn join(&self, nodes: &[f64], grid: &[f64]) -> Vec<f64> {
        let mut values = Vec::with_capacity(self.points.len());
        let mut before = 0;
        for (k, (&at, &value)) in self.grid_at.iter().zip(grid).enumerate() {
            values.extend(&nodes[before..at - k]);
            values.push(value);
            before = at - k;
        }
        values.extend(&nodes[before..]);
        values
    }

    /// Values at the points as values at the nodes and on the grid.
    pub fn split(&self, values: &[f64]) -> [Vec<f64>; 2] {
        let mut nodes = Vec::with_capacity(self.points.len() - self.grid_at.len());
        let mut before = 0;
        for &at in &self.grid_at {
            nodes.extend(&values[before..at]);
            before = at + 1;
        }
        nodes.extend(&values[before..]);
        [nodes, self.on_grid(values)]
    }

    /// Of values at the points those on the grid.
    pub fn on_grid(&self, values: &[f64]) -> Vec<f64> {
        self.grid_at.iter().map(|&at| values[at]).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_merged_is_split_again() {
        let (nodes, grid) = ([0.0, 1.0, 2.0], [-1.0, 1.0, 5.0]);
        let merged = Merged::new(&nodes, &grid);
        assert_eq!(merged.points(), [-1.0, 0.0, 1.0, 1.0, 2.0, 5.0]);
        assert_eq!(merged.join(&nodes, &grid), merged.points());
        assert_eq!(merged.split(merged.points()), [nodes.to_vec(), grid.to_vec()]);
        assert_eq!(merged.split(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]), [vec![2.0, 4.0, 5.0], vec![1.0, 3.0, 6.0]]);
    }
}
