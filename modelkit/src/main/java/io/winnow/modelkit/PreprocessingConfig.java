package io.winnow.modelkit;

import io.winnow.v1.Preprocessing;
import java.nio.file.Path;
import java.util.List;

/**
 * How the checkpoint's image processor makes pixel values: from processor_config.json, where
 * transformers 5 keeps it under image_processor, or from preprocessor_config.json.
 */
final class PreprocessingConfig {

  private static final String CLIP = "CLIPImageProcessor";
  private static final String SIGLIP = "SiglipImageProcessor";
  private static final String LLAVA = "LlavaImageProcessor";
  private static final int DEFAULT_RESAMPLE = 3;
  private static final List<String> RESAMPLE =
      List.of("nearest", "lanczos", "bilinear", "bicubic"); // by PIL's number

  private PreprocessingConfig() {}

  static Preprocessing read(CheckpointConfig.Pictures pictures, int imageSize) {
    JsonFields fields = find(pictures.folder());
    String type = fields.text("image_processor_type", fields.text("feature_extractor_type", CLIP));
    Preprocessing.Builder result = Preprocessing.newBuilder();
    if (pictures.onSquare() || fields.flag("do_pad", false)) {
      square(fields, pictures.onSquare() ? LLAVA : type, result);
    }
    resize(fields, result);
    // SigLIP's processor has no crop unless it is asked for one.
    if (fields.flag("do_center_crop", !type.startsWith(SIGLIP))) {
      crop(fields, result);
    }
    checkSize(fields, result, imageSize);
    result.setRescaleFactor(
        fields.flag("do_rescale", true) ? fields.number("rescale_factor", 1 / 255.0) : 1);
    if (fields.flag("do_normalize", true)) {
      result.addAllMean(channels(fields, "image_mean")).addAllStd(channels(fields, "image_std"));
    } else {
      result.addAllMean(List.of(0.0, 0.0, 0.0)).addAllStd(List.of(1.0, 1.0, 1.0));
    }
    return result.build();
  }

  private static JsonFields find(Path checkpoint) {
    return JsonFields.readIfPresent(checkpoint.resolve("processor_config.json"))
        .filter(fields -> fields.has("image_processor"))
        .map(fields -> fields.object("image_processor"))
        .or(() -> JsonFields.readIfPresent(checkpoint.resolve("preprocessor_config.json")))
        .orElseThrow(
            () ->
                new ExportException(
                    "the checkpoint has neither a processor_config.json with image_processor nor a"
                        + " preprocessor_config.json"));
  }

  /** LLaVA's own processor lays pictures on a square of the mean colour, so that none is cut. */
  private static void square(JsonFields fields, String type, Preprocessing.Builder result) {
    if (!type.startsWith(LLAVA)) {
      throw fields.unsupported("do_pad", "false, but for LlavaImageProcessor");
    }
    for (double mean : channels(fields, "image_mean")) {
      result.addSquareBackground((int) (mean * 255));
    }
  }

  private static void resize(JsonFields fields, Preprocessing.Builder result) {
    if (!fields.flag("do_resize", true)) {
      throw fields.unsupported("do_resize", "true");
    }
    int resample = fields.integer("resample", DEFAULT_RESAMPLE);
    if (resample < 0 || resample >= RESAMPLE.size()) {
      throw fields.unsupported("resample", "0 to 3");
    }
    result.setResample(RESAMPLE.get(resample));
    if (fields.node("size").isInt()) {
      result.setShortestEdge(fields.positive("size"));
      return;
    }
    JsonFields size = fields.object("size");
    if (size.has("shortest_edge")) {
      result.setShortestEdge(size.positive("shortest_edge"));
    } else {
      result.setResizeHeight(size.positive("height")).setResizeWidth(size.positive("width"));
    }
  }

  private static void crop(JsonFields fields, Preprocessing.Builder result) {
    if (fields.node("crop_size").isInt()) {
      int edge = fields.positive("crop_size");
      result.setCropHeight(edge).setCropWidth(edge);
      return;
    }
    JsonFields size = fields.object("crop_size");
    result.setCropHeight(size.positive("height")).setCropWidth(size.positive("width"));
  }

  /** The tower takes one size only, so every picture must come out at it. */
  private static void checkSize(JsonFields fields, Preprocessing.Builder result, int imageSize) {
    boolean cropped = result.getCropHeight() > 0;
    int height = cropped ? result.getCropHeight() : result.getResizeHeight();
    int width = cropped ? result.getCropWidth() : result.getResizeWidth();
    if (height != imageSize || width != imageSize) {
      throw fields.unsupported(
          cropped ? "crop_size" : "size",
          "what gives vision_config.image_size, " + imageSize + " x " + imageSize);
    }
  }

  private static List<Double> channels(JsonFields fields, String key) {
    List<Double> values = fields.numbers(key);
    if (values.size() != 3) {
      throw fields.unsupported(key, "three numbers");
    }
    return values;
  }
}
