package io.winnow.bench;

import io.winnow.cli.mesh.FreePorts;
import io.winnow.cli.mesh.Mesh;
import io.winnow.cli.mesh.MeshPlan;
import io.winnow.runtime.ModelRepository;
import java.nio.file.Path;
import java.util.Map;

/**
 * What the mesh costs: time to first token through three processes against the same graphs called
 * inside one JVM, in interleaved pairs whose order alternates. Both see the same picture, new in
 * every pair, and the same number of native threads.
 */
final class MeshOverhead {

  private static final String QUESTION = "describe the picture";

  private final Path root;
  private final Path models;
  private final int warmUp;
  private final int pairs;

  MeshOverhead(Path root, Path models, int warmUp, int pairs) {
    this.root = root;
    this.models = models;
    this.warmUp = warmUp;
    this.pairs = pairs;
  }

  String run(Path logs) throws Exception {
    ModelRepository repository = ModelRepository.open(models);
    String model = repository.models().get(0);
    MeshPlan plan =
        new MeshPlan(root, models, FreePorts.find(1).get(0), logs, MeshPlan.LONG_RUN, Map.of());
    try (Mesh mesh = Mesh.start(plan);
        MeshPath through = new MeshPath(mesh.service(Mesh.DECODER).ports().grpc());
        DirectPath direct = new DirectPath(repository.model(model))) {
      DistinctPictures pictures = new DistinctPictures(root.resolve("demo-model/pictures"));
      measure(direct, through, pictures, warmUp);
      PairedTimes times = measure(direct, through, pictures, pairs);
      return times.table("direct", "through the mesh") + "\n" + through.stages(pairs);
    }
  }

  private static PairedTimes measure(
      DirectPath direct, MeshPath through, DistinctPictures pictures, int count) throws Exception {
    PairedTimes times = new PairedTimes();
    for (int i = 0; i < count; i++) {
      byte[] picture = pictures.next();
      if (i % 2 == 0) {
        double first = direct.firstTokenMillis(picture, QUESTION);
        times.add(first, through.firstTokenMillis(picture, QUESTION));
      } else {
        double second = through.firstTokenMillis(picture, QUESTION);
        times.add(direct.firstTokenMillis(picture, QUESTION), second);
      }
    }
    return times;
  }
}
