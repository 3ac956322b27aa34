package dev.gorgon.train.eval;

import java.util.List;

/** Pieces of a page that needs nothing else: its style is in it, and there is no script. */
final class Html {

    private static final String STYLE = """
            :root{color-scheme:light dark;--bg:#fbfbfd;--card:#fff;--ink:#1c2430;--soft:#667085;--rule:#e4e7ec;--accent:#2458d3;
            --c0:#2458d3;--c1:#d9480f;--c2:#2b8a3e;--c3:#9c36b5;--c4:#0c8599;--c5:#b08900;--c6:#c2255c;--c7:#5f6b7a}
            @media (prefers-color-scheme:dark){:root{--bg:#11151c;--card:#181e28;--ink:#e6eaf0;--soft:#98a4b5;--rule:#2b3442;
            --accent:#7ea6ff;--c0:#7ea6ff;--c1:#ff9a62;--c2:#69d383;--c3:#d79bf0;--c4:#5fd3e3;--c5:#e8c44d;--c6:#ff8bb0;--c7:#aab4c2}}
            *{box-sizing:border-box}body{margin:0;background:var(--bg);color:var(--ink);font:15px/1.5 system-ui,sans-serif}
            main{max-width:1080px;margin:0 auto;padding:28px 20px 60px}h1{font-size:25px;line-height:1.25;margin:0 0 4px;overflow-wrap:anywhere}
            h2{font-size:18px;margin:34px 0 10px}p{margin:6px 0 12px;max-width:76ch}.soft{color:var(--soft)}
            .tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(160px,1fr));gap:12px;margin:18px 0}
            .tile{background:var(--card);border:1px solid var(--rule);border-radius:10px;padding:12px 14px}
            .tile b{display:block;font-size:26px;line-height:1.2;font-variant-numeric:tabular-nums}.tile span{color:var(--soft);font-size:13px}
            .charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(460px,100%),1fr));gap:14px}
            figure{margin:0;background:var(--card);border:1px solid var(--rule);border-radius:10px;padding:12px 14px}
            figcaption{font-weight:600;margin-bottom:4px}figure>svg{width:100%;height:auto;display:block}
            .legend{display:flex;flex-wrap:wrap;gap:2px 14px;font-size:12.5px;margin-bottom:4px}.legend svg{vertical-align:middle;margin-right:5px}
            text{fill:var(--soft);font-size:11.5px}.xtick{text-anchor:middle}.ytick{text-anchor:end}.grid{stroke:var(--rule)}
            .line{fill:none;stroke:currentColor;stroke-width:2;stroke-linejoin:round}.dashed{stroke-dasharray:6 4}circle{fill:currentColor}
            .c0{color:var(--c0)}.c1{color:var(--c1)}.c2{color:var(--c2)}.c3{color:var(--c3)}.c4{color:var(--c4)}.c5{color:var(--c5)}
            .c6{color:var(--c6)}.c7{color:var(--c7)}.legend span{color:var(--ink)}
            .legend .c0 svg{color:var(--c0)}.legend .c1 svg{color:var(--c1)}.legend .c2 svg{color:var(--c2)}.legend .c3 svg{color:var(--c3)}
            .legend .c4 svg{color:var(--c4)}.legend .c5 svg{color:var(--c5)}.legend .c6 svg{color:var(--c6)}.legend .c7 svg{color:var(--c7)}
            .scroll{overflow-x:auto;background:var(--card);border:1px solid var(--rule);border-radius:10px}
            table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums;font-size:14px}
            th,td{padding:6px 12px;text-align:right;white-space:nowrap;border-bottom:1px solid var(--rule)}tr:last-child td{border-bottom:0}
            th{color:var(--soft);font-weight:600;font-size:13px}th:first-child,td:first-child{text-align:left}
            .bar{display:inline-block;height:9px;border-radius:3px;background:var(--accent);vertical-align:middle;margin-left:8px}
            .track{display:inline-block;width:120px;text-align:left}.warn{border-left:4px solid var(--c1);padding:8px 12px;background:var(--card)}
            """;

    private Html() {}

    /** A text as it may stand in a page. */
    static String text(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;")
                .replace("'", "&#39;");
    }

    /** A whole page. */
    static String page(String title, String body) {
        return "<!doctype html>\n<html lang=en><head><meta charset=utf-8>"
                + "<meta name=viewport content=\"width=device-width,initial-scale=1\">"
                + "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
                + "<title>" + text(title) + "</title><style>" + STYLE + "</style></head><body><main>\n" + body
                + "</main></body></html>\n";
    }

    /** A large figure with what it is. */
    static String tile(String figure, String what) {
        return "<div class=tile><b>" + text(figure) + "</b><span>" + text(what) + "</span></div>";
    }

    /** A table; cells are markup already. */
    static String table(List<String> header, List<List<String>> rows) {
        StringBuilder table = new StringBuilder("<div class=scroll><table><thead><tr>");
        header.forEach(cell -> table.append("<th>").append(text(cell)).append("</th>"));
        table.append("</tr></thead><tbody>");
        for (List<String> row : rows) {
            table.append("<tr>");
            row.forEach(cell -> table.append("<td>").append(cell).append("</td>"));
            table.append("</tr>");
        }
        return table.append("</tbody></table></div>\n").toString();
    }

    /** A figure with a bar as long as its share. */
    static String bar(String figure, double share) {
        return figure + "<span class=track><span class=bar style=\"width:"
                + Math.round(120 * Math.clamp(Double.isFinite(share) ? share : 0, 0.0, 1.0)) + "px\"></span></span>";
    }
}
