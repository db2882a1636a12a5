// Pinned clusters of a moment.

// The clusters of the nearest snapshot whose place is known and whose sample is shown.
function clustersNow(frame = view.frame) {
  const found = [];
  for (let k = A.cluster_first[frame]; k < A.cluster_first[frame + 1]; k++) {
    const boundary = A.cluster_boundary[k];
    const q = shownAt.get(sampleOf(boundary));
    if (q === undefined) continue;
    found.push({ boundary, q, side: A.cluster_side[k], mass: A.cluster_mass[k], r: A.cluster_r[k], slope: A.cluster_slope[k], angle: angleOf(boundary, A.x[q]) });
  }
  return found;
}

const clusterRadius = (mass) => 3.5 + 30 * Math.sqrt(mass);
function drawClusters(c, place) {
  for (const cluster of clustersNow()) {
    const at = place(cluster);
    if (!at) continue;
    const on = isLit(cluster.q, cluster.boundary, cluster.side);
    const fill = signColor(cluster.side ? -1 : 1);
    disc(c, at[0], at[1], clusterRadius(cluster.mass), { fill, stroke: on ? color.ink : fill, width: on ? 3 : 1.6, alpha: on ? 0.55 : 0.2 });
  }
}
