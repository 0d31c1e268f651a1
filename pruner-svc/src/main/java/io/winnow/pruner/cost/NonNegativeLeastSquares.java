package io.winnow.pruner.cost;

import java.util.List;

/** Weighted least squares for a few unknowns that cannot be negative. */
final class NonNegativeLeastSquares {

  /**
   * One observation.
   *
   * @param features // [terms]
   * @param weight at least 0
   */
  record Row(double[] features, double target, double weight) {}

  private NonNegativeLeastSquares() {}

  /**
   * Minimises the weighted squares of features * x - targets. Unknowns that come out negative are
   * set to zero and the others solved again; with a handful of unknowns that is the minimum or
   * close to it.
   *
   * @param rows together they must determine every unknown
   * @return x // [terms]
   */
  static double[] solve(List<Row> rows) {
    int terms = rows.get(0).features.length;
    double[][] normal = new double[terms][terms];
    double[] right = new double[terms];
    for (Row row : rows) {
      for (int a = 0; a < terms; a++) {
        double scaled = row.weight * row.features[a];
        right[a] += scaled * row.target;
        for (int b = 0; b < terms; b++) {
          normal[a][b] += scaled * row.features[b];
        }
      }
    }
    boolean[] zero = new boolean[terms];
    while (true) {
      double[] solution = eliminate(normal, right, zero);
      boolean negative = false;
      for (int term = 0; term < terms; term++) {
        if (solution[term] < 0) {
          zero[term] = true;
          negative = true;
        }
      }
      if (!negative) {
        return solution;
      }
    }
  }

  /**
   * Gauss without pivoting: the matrix is symmetric and, as every unknown is determined, positive
   * definite.
   */
  private static double[] eliminate(double[][] normal, double[] right, boolean[] zero) {
    int terms = right.length;
    double[][] matrix = new double[terms][];
    double[] vector = right.clone();
    for (int a = 0; a < terms; a++) {
      matrix[a] = normal[a].clone();
      for (int b = 0; b < terms; b++) {
        if (zero[a] || zero[b]) {
          matrix[a][b] = a == b ? 1 : 0;
        }
      }
      if (zero[a]) {
        vector[a] = 0;
      }
    }
    for (int pivot = 0; pivot < terms; pivot++) {
      for (int row = pivot + 1; row < terms; row++) {
        double factor = matrix[row][pivot] / matrix[pivot][pivot];
        for (int column = pivot; column < terms; column++) {
          matrix[row][column] -= factor * matrix[pivot][column];
        }
        vector[row] -= factor * vector[pivot];
      }
    }
    double[] solution = new double[terms];
    for (int row = terms - 1; row >= 0; row--) {
      double sum = vector[row];
      for (int column = row + 1; column < terms; column++) {
        sum -= matrix[row][column] * solution[column];
      }
      solution[row] = sum / matrix[row][row];
    }
    return solution;
  }
}
