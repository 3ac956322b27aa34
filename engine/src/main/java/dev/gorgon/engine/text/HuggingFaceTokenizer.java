package dev.gorgon.engine.text;

import ai.djl.huggingface.tokenizers.Encoding;
import ai.djl.huggingface.tokenizers.jni.CharSpan;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;

/** The Hugging Face tokenizers library, through its Java binding. */
public final class HuggingFaceTokenizer implements Tokenizer {

    static {
        // the binding reports its use over the network unless told not to, and unpacks into the home folder
        System.setProperty("OPT_OUT_TRACKING", "true");
        if (System.getProperty("DJL_CACHE_DIR") == null && System.getenv("DJL_CACHE_DIR") == null) {
            System.setProperty("DJL_CACHE_DIR", cacheFolder().toString());
        }
    }

    private final TokenizerFiles files;
    private final ai.djl.huggingface.tokenizers.HuggingFaceTokenizer delegate;

    private HuggingFaceTokenizer(TokenizerFiles files, ai.djl.huggingface.tokenizers.HuggingFaceTokenizer delegate) {
        this.files = files;
        this.delegate = delegate;
    }

    private static Path cacheFolder() {
        String ours = System.getenv("GORGON_CACHE");
        String xdg = System.getenv("XDG_CACHE_HOME");
        if (ours != null && !ours.isEmpty()) {
            return Path.of(ours, "tokenizers");
        }
        return (xdg != null && !xdg.isEmpty() ? Path.of(xdg) : Path.of(System.getProperty("user.home"), ".cache"))
                .resolve("gorgon")
                .resolve("tokenizers");
    }

    /**
     * Loads the tokenizer of a model folder.
     *
     * @throws TextException if {@code tokenizer.json} is missing or not valid
     */
    public static HuggingFaceTokenizer load(Path folder) {
        TokenizerFiles files = new TokenizerFiles(folder);
        try {
            // truncation to 512 tokens is the binding's default
            return new HuggingFaceTokenizer(
                    files,
                    ai.djl.huggingface.tokenizers.HuggingFaceTokenizer.newInstance(
                            new ByteArrayInputStream(files.effectiveJson()),
                            Map.of("truncation", "false", "padding", "false", "addSpecialTokens", "true")));
        } catch (IOException | RuntimeException e) {
            throw new TextException("cannot load " + folder.resolve("tokenizer.json") + ": " + e.getMessage(), e);
        }
    }

    private Encoding encoding(String text, boolean addSpecialTokens) {
        try {
            return delegate.encode(wellFormed(text), addSpecialTokens, false);
        } catch (RuntimeException e) {
            throw new TextException("tokenizer error " + e.getMessage(), e);
        }
    }

    /** Lone surrogates have no UTF-8 form; the library would see garbage. */
    private static String wellFormed(String text) {
        StringBuilder fixed = null;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            boolean pair = Character.isHighSurrogate(c)
                    && i + 1 < text.length()
                    && Character.isLowSurrogate(text.charAt(i + 1));
            if (pair) {
                i++;
            } else if (Character.isSurrogate(c)) {
                fixed = fixed == null ? new StringBuilder(text) : fixed;
                fixed.setCharAt(i, '\uFFFD');
            }
        }
        return fixed == null ? text : fixed.toString();
    }

    @Override
    public int[] encode(String text, boolean addSpecialTokens) {
        long[] ids = encoding(text, addSpecialTokens).getIds();
        int[] tokens = new int[ids.length];
        for (int i = 0; i < ids.length; i++) {
            tokens[i] = (int) ids[i];
        }
        return tokens;
    }

    @Override
    public List<Piece> pieces(String text, boolean addSpecialTokens) {
        Encoding encoding = encoding(text, addSpecialTokens);
        long[] ids = encoding.getIds();
        CharSpan[] spans = encoding.getCharTokenSpans();
        List<Piece> pieces = new ArrayList<>(ids.length);
        for (int i = 0; i < ids.length; i++) {
            CharSpan span = spans[i];
            int start = span == null ? 0 : span.getStart();
            int stop = span == null ? 0 : span.getEnd();
            pieces.add(new Piece((int) ids[i], files.piece((int) ids[i]), start, stop));
        }
        return pieces;
    }

    @Override
    public String decode(int[] ids, boolean skipSpecialTokens) {
        if (ids.length == 0) {
            return "";
        }
        long[] longs = new long[ids.length];
        for (int i = 0; i < ids.length; i++) {
            longs[i] = ids[i];
        }
        return delegate.decode(longs, skipSpecialTokens);
    }

    @Override
    public boolean isSpecial(int id) {
        return files.special().contains(id);
    }

    @Override
    public OptionalInt bosTokenId() {
        return files.bosTokenId();
    }

    @Override
    public OptionalInt eosTokenId() {
        return files.eosTokenId();
    }

    @Override
    public void close() {
        delegate.close();
    }
}
