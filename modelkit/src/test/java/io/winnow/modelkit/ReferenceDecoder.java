package io.winnow.modelkit;

import io.winnow.modelkit.GraphRunner.Call;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * The decoder once more, slowly and in double precision: one prefill, written as the docs say it.
 */
final class ReferenceDecoder {

  private static final String MODEL = "language_model.model.";
  private static final double ROPE_THETA = 10_000; // of RandomCheckpoint

  private final Safetensors tensors;
  private final DecoderShape text;

  ReferenceDecoder(Path checkpoint) {
    this.tensors = Safetensors.open(checkpoint);
    this.text = CheckpointConfig.read(checkpoint).text();
  }

  /** A token on its way through the layers. */
  private static final class Token {
    final int row;
    final long position;
    final long span;
    double[] stream; // [D]
    double[] attention; // [heads * head dim]
    double score;
    double self;
    double cross;

    Token(int row, long position, long span, double[] stream) {
      this.row = row;
      this.position = position;
      this.span = span;
      this.stream = stream;
    }
  }

  /**
   * @param rows which tokens of the call are left at the end
   * @param importance last layer's scores of the visual ones among them
   * @param self mean attention that these received there from their picture, head maximum
   * @param cross the same from the text behind them
   * @param logits of the last one // [vocabulary]
   */
  record Result(
      List<Integer> rows, float[] importance, float[] self, float[] cross, float[] logits) {}

  Result prefill(Call call) {
    List<Token> tokens = embed(call);
    for (int layer = 0; layer < text.layers(); layer++) {
      double[][][] weights = attend(layer, tokens); // [heads][T][T]
      rank(tokens, weights, call);
      tokens = drop(tokens, call.keep[layer]);
      for (Token token : tokens) {
        finish(layer, token);
      }
    }
    double[] last = norm(tokens.get(tokens.size() - 1).stream, MODEL + "norm.weight");
    String head =
        text.tiedEmbeddings() ? MODEL + "embed_tokens.weight" : "language_model.lm_head.weight";
    double[] logits = multiply(head, last, text.vocabularySize());
    return new Result(
        tokens.stream().map(token -> token.row).toList(),
        visual(tokens, token -> token.score),
        visual(tokens, token -> token.self),
        visual(tokens, token -> token.cross),
        floats(logits));
  }

  private static float[] visual(List<Token> tokens, ToDoubleFunction<Token> value) {
    return floats(tokens.stream().filter(t -> t.span >= 0).mapToDouble(value).toArray());
  }

  private List<Token> embed(Call call) {
    List<Token> tokens = new ArrayList<>();
    int visual = 0;
    for (int row = 0; row < call.tokenIds.length; row++) {
      double[] stream = new double[text.hiddenSize()];
      float[] embedding = read(MODEL + "embed_tokens.weight", text.vocabularySize());
      for (int i = 0; i < stream.length; i++) {
        stream[i] =
            call.spans[row] >= 0
                ? call.visualTokens[visual * stream.length + i]
                : embedding[(int) call.tokenIds[row] * stream.length + i];
      }
      visual += call.spans[row] >= 0 ? 1 : 0;
      tokens.add(new Token(row, call.positions[row], call.spans[row], stream));
    }
    return tokens;
  }

  private double[][][] attend(int layer, List<Token> tokens) {
    int size = tokens.size();
    double[][] query = new double[size][];
    double[][] key = new double[size][];
    double[][] value = new double[size][];
    for (int i = 0; i < size; i++) {
      Token token = tokens.get(i);
      double[] normed = norm(token.stream, name(layer, "input_layernorm"));
      int keyWidth = text.kvHeads() * text.headDim();
      query[i] = multiply(name(layer, "self_attn.q_proj"), normed, text.heads() * text.headDim());
      key[i] = multiply(name(layer, "self_attn.k_proj"), normed, keyWidth);
      value[i] = multiply(name(layer, "self_attn.v_proj"), normed, keyWidth);
      rotate(query[i], token.position);
      rotate(key[i], token.position);
      token.attention = new double[text.heads() * text.headDim()];
    }
    double[][][] weights = new double[text.heads()][size][size];
    for (int head = 0; head < text.heads(); head++) {
      for (int i = 0; i < size; i++) {
        attendRow(tokens.get(i), head, i, query[i], key, value, weights[head][i]);
      }
    }
    return weights;
  }

  private void attendRow(
      Token token,
      int head,
      int row,
      double[] query,
      double[][] key,
      double[][] value,
      double[] weights) {
    int dim = text.headDim();
    int kvHead = head / (text.heads() / text.kvHeads());
    double sum = 0;
    for (int j = 0; j <= row; j++) {
      double product = 0;
      for (int d = 0; d < dim; d++) {
        product += query[head * dim + d] * key[j][kvHead * dim + d];
      }
      weights[j] = Math.exp(product / Math.sqrt(dim));
      sum += weights[j];
    }
    for (int j = 0; j <= row; j++) {
      weights[j] /= sum;
      for (int d = 0; d < dim; d++) {
        token.attention[head * dim + d] += weights[j] * value[j][kvHead * dim + d];
      }
    }
  }

  private void rotate(double[] vector, long position) {
    int half = text.headDim() / 2;
    for (int start = 0; start < vector.length; start += text.headDim()) {
      for (int i = 0; i < half; i++) {
        double angle = position * Math.pow(ROPE_THETA, -2.0 * i / text.headDim());
        double a = vector[start + i];
        double b = vector[start + half + i];
        vector[start + i] = a * Math.cos(angle) - b * Math.sin(angle);
        vector[start + half + i] = b * Math.cos(angle) + a * Math.sin(angle);
      }
    }
  }

  private void rank(List<Token> tokens, double[][][] weights, Call call) {
    for (int k = 0; k < tokens.size(); k++) {
      Token token = tokens.get(k);
      receive(tokens, weights, k);
      token.score =
          call.ranking == 0
              ? fitPrune(tokens, weights, k)
              : call.ranking == 1 ? fastV(weights, k) : call.scores[token.row];
    }
  }

  private static double fitPrune(List<Token> tokens, double[][][] weights, int k) {
    double self = 0;
    double cross = 0;
    for (int q = 0; q < tokens.size(); q++) {
      double most = 0;
      for (double[][] head : weights) {
        most = Math.max(most, head[q][k]);
      }
      self += tokens.get(q).span == tokens.get(k).span ? most : 0;
      cross += tokens.get(q).span < 0 ? most : 0;
    }
    return self * cross;
  }

  /** FitPrune's statistics: mean over the queries of the picture, and of the text behind it. */
  private static void receive(List<Token> tokens, double[][][] weights, int k) {
    Token token = tokens.get(k);
    double self = 0;
    double cross = 0;
    int fellows = 0;
    int texts = 0;
    for (int q = 0; q < tokens.size(); q++) {
      double most = 0;
      for (double[][] head : weights) {
        most = Math.max(most, head[q][k]);
      }
      if (tokens.get(q).span == token.span) {
        self += most;
        fellows++;
      } else if (tokens.get(q).span < 0 && q > k) {
        cross += most;
        texts++;
      }
    }
    token.self = self / fellows;
    token.cross = cross / texts;
  }

  private static double fastV(double[][][] weights, int k) {
    double sum = 0;
    for (double[][] head : weights) {
      sum += head[head.length - 1][k];
    }
    return sum / weights.length;
  }

  private static List<Token> drop(List<Token> tokens, long[] keep) {
    List<Token> kept = new ArrayList<>(tokens);
    for (int picture = 0; picture < keep.length; picture++) {
      long span = picture;
      List<Token> worst =
          tokens.stream()
              .filter(token -> token.span == span)
              .sorted(Comparator.comparingDouble(token -> -token.score))
              .skip(keep[picture])
              .toList();
      kept.removeAll(worst);
    }
    return kept;
  }

  private void finish(int layer, Token token) {
    add(
        token.stream,
        multiply(name(layer, "self_attn.o_proj"), token.attention, text.hiddenSize()));
    double[] normed = norm(token.stream, name(layer, "post_attention_layernorm"));
    double[] gate = multiply(name(layer, "mlp.gate_proj"), normed, text.intermediateSize());
    double[] up = multiply(name(layer, "mlp.up_proj"), normed, text.intermediateSize());
    for (int i = 0; i < gate.length; i++) {
      gate[i] = gate[i] / (1 + Math.exp(-gate[i])) * up[i];
    }
    add(token.stream, multiply(name(layer, "mlp.down_proj"), gate, text.hiddenSize()));
  }

  private static void add(double[] target, double[] update) {
    for (int i = 0; i < target.length; i++) {
      target[i] += update[i];
    }
  }

  private double[] norm(double[] vector, String weight) {
    double squares = 0;
    for (double element : vector) {
      squares += element * element;
    }
    double scale = 1 / Math.sqrt(squares / vector.length + text.epsilon());
    float[] weights = read(weight, 1);
    double[] normed = new double[vector.length];
    for (int i = 0; i < vector.length; i++) {
      normed[i] = vector[i] * scale * weights[i];
    }
    return normed;
  }

  private double[] multiply(String name, double[] vector, int out) {
    float[] matrix = read(name, out); // [out, in]
    double[] product = new double[out];
    for (int o = 0; o < out; o++) {
      for (int i = 0; i < vector.length; i++) {
        product[o] += matrix[o * vector.length + i] * vector[i];
      }
    }
    return product;
  }

  private float[] read(String name, int rows) {
    int columns = name.contains("down_proj") ? text.intermediateSize() : text.hiddenSize();
    long[] shape = name.contains("norm") ? new long[] {columns} : new long[] {rows, columns};
    SafetensorsTensor tensor = tensors.get(name, shape);
    float[] elements = new float[(int) tensor.elements()];
    try {
      tensor.read(0, elements, elements.length);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return elements;
  }

  private static String name(int layer, String part) {
    return MODEL + "layers." + layer + "." + part + ".weight";
  }

  private static float[] floats(double[] values) {
    float[] floats = new float[values.length];
    for (int i = 0; i < values.length; i++) {
      floats[i] = (float) values[i];
    }
    return floats;
  }
}
